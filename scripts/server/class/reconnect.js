// @ts-nocheck -- JupyterLab's types are not here.
/* global fetch, setInterval, window -- of a browser */
// A page that has been without a network for minutes connects its kernels and terminals again, as soon
// as the server answers. JupyterLab itself gives up after seven tries, some two minutes.
//
// A prebuilt extension of JupyterLab 4, written by hand: what a builder would make of three lines.
(function () {
  "use strict";
  const EVERY_MS = 3000;

  /** All that has a connection of its own: notebooks, consoles and terminals of the page. */
  function connections(app) {
    const found = [];
    for (const area of ["main", "left", "right", "down"]) {
      for (const widget of app.shell.widgets(area)) {
        const inner = widget.content || {};
        const session = (widget.sessionContext || inner.sessionContext || {}).session;
        if (session && session.kernel) found.push(session.kernel);
        if (inner.session && typeof inner.session.reconnect === "function") {
          found.push(inner.session);
        }
      }
    }
    return found.filter((one) => !one.isDisposed && one.connectionStatus === "disconnected");
  }

  const plugin = {
    id: "workshop-reconnect:plugin",
    description: "Connects again after a long loss of the network.",
    autoStart: true,
    activate(app) {
      let busy = false;
      async function look() {
        if (busy) return;
        const lost = connections(app);
        if (lost.length === 0) return;
        busy = true;
        try {
          const { baseUrl } = app.serviceManager.serverSettings;
          const answer = await fetch(`${baseUrl}api/status`, { cache: "no-store" });
          if (!answer.ok) return;
          await Promise.all(lost.map((one) => one.reconnect().catch(() => undefined)));
        } catch {
          // Still away.
        } finally {
          busy = false;
        }
      }
      setInterval(look, EVERY_MS);
      window.addEventListener("online", look);
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["workshop-reconnect"] = {
    init() {},
    async get() {
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
