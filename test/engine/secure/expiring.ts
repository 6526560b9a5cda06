/** A certificate that ends soon, where the one of the issuer was: for tests of its renewal. */

const STATE = "/opt/tljh/state/acme.json";

/**
 * Bash lines for root on a server that has a certificate from an issuer. They put one in its place that
 * ends in some days, and start the proxy and the hub, which shows it until Traefik has renewed it: at
 * once, if it ends within thirty days. The proxy forgets its routes meanwhile, so that the page is away
 * for some seconds.
 *
 * @param domain the certificate's first name
 * @param days until it ends
 * @param names all of its names
 */
export function expiring(
  domain: string,
  days: number,
  names: readonly string[] = [domain],
): string {
  const alternatives = names.map((name) => `DNS:${name}`).join(",");
  return `set -e
# The proxy would write down what it remembers.
systemctl stop traefik
work=$(mktemp -d)
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days ${days} \\
  -subj /CN=${domain} -addext subjectAltName=${alternatives} -addext basicConstraints=critical,CA:FALSE \\
  -keyout "$work/key" -out "$work/certificate" 2>/dev/null
/opt/tljh/hub/bin/python3 - "$work" ${domain} <<'PYTHON'
import base64
import json
import sys
from pathlib import Path

work, domain = Path(sys.argv[1]), sys.argv[2]
state = Path("${STATE}")
known = json.loads(state.read_text())
for one in known["letsencrypt"]["Certificates"]:
    if one["domain"]["main"] == domain:
        for part in ("certificate", "key"):
            one[part] = base64.b64encode((work / part).read_bytes()).decode()
state.write_text(json.dumps(known))
PYTHON
rm -r "$work"
# And with it the proxy.
systemctl start jupyterhub
`;
}
