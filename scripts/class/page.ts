/** The page of a rehearsed class: who waited for what, and how busy the machine was. One file, no script. */
import mustache from "mustache";
import type { Class } from "./attend";
import type { Bottleneck, Times } from "./figures";
import { PHASES } from "./visit";

export interface Report {
  stack: string;
  url: string;
  instanceType: string;
  /** Day and time, as a person reads them. */
  date: string;
  held: Class;
  times: Times[];
  bottleneck: Bottleneck;
}

const WIDTH = 900;
const LEFT = 130;
const BAR = 12;
const CURVE = 140;
const COLOURS = ["#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#edc948", "#e15759"];

function scaleOf(seconds: number): (at: number) => string {
  return (at) => (LEFT + ((WIDTH - LEFT - 10) * at) / Math.max(seconds, 1)).toFixed(1);
}

/** A line a participant: each phase in its colour, a cross where it ended in an error. */
function bars({ visits, seconds }: Class): object[] {
  const x = scaleOf(seconds);
  return visits.map(({ name, arrived, phases, failed }, row) => {
    let at = arrived;
    const parts = phases.map(({ name: phase, seconds: long }) => {
      const begin = at;
      at += long;
      const width = (Number(x(at)) - Number(x(begin))).toFixed(1);
      const colour = COLOURS[PHASES.findIndex((one) => one === phase)] ?? "#888";
      return { x: x(begin), width, colour, title: `${phase}: ${long.toFixed(1)} s` };
    });
    const y = row * (BAR + 3);
    return { name, y, textY: y + BAR - 2, parts, failed: failed && { ...failed, x: x(at) } };
  });
}

/** A curve from 0 to its highest allowed value. */
function curve(
  { samples, seconds }: Class,
  title: string,
  value: (index: number) => number,
  most: number,
  unit: string,
): object {
  const x = scaleOf(seconds);
  const values = samples.map((_, index) => value(index));
  const points = samples
    .map(({ at }, index) => {
      const share = Math.min(1, (values[index] ?? 0) / Math.max(most, 1));
      return `${x(Math.min(at, seconds))},${(CURVE - share * CURVE).toFixed(1)}`;
    })
    .join(" ");
  const highest = values.length > 0 ? Math.max(...values) : 0;
  return { title, points, most: `${most} ${unit}`, highest: `${highest} ${unit}` };
}

const TEMPLATE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>A class of {{count}} at {{stack}}</title>
<style>
body { max-width: 60em; margin: 2em auto; padding: 0 1em; font: 1em/1.5 "Noto Sans", "DejaVu Sans", Arial, sans-serif; color: #222; }
table { border-collapse: collapse; }
td, th { padding: 0.2em 1.5em 0.2em 0; text-align: right; }
td:first-child, th:first-child { text-align: left; }
text { font: 11px "Noto Sans", "DejaVu Sans", Arial, sans-serif; fill: #222; }
svg { width: 100%; height: auto; }
.verdict { padding: 0.6em 1em; color: #fff; background: {{colour}}; }
i { display: inline-block; width: 0.8em; height: 0.8em; margin: 0 0.3em 0 1em; }
</style>
</head>
<body>
<h1>A class of {{count}} at {{stack}}</h1>
<p>{{url}}, {{instanceType}}, {{date}}</p>
<p class="verdict">{{verdict}}</p>
<p>{{advice}}</p>
<table>
<tr><th>phase</th><th>half within</th><th>19 of 20 within</th><th>came through</th></tr>
{{#times}}<tr><td>{{name}}</td><td>{{p50}} s</td><td>{{p95}} s</td><td>{{count}}</td></tr>
{{/times}}</table>
<h2>Each participant</h2>
<p>{{#legend}}<i style="background: {{colour}}"></i>{{name}}{{/legend}}</p>
<svg viewBox="0 0 ${WIDTH} {{barsHeight}}" role="img" aria-label="A line for each participant">
{{#bars}}<text x="0" y="{{textY}}">{{name}}</text>
{{#parts}}<rect x="{{x}}" y="{{y}}" width="{{width}}" height="${BAR}" fill="{{colour}}"><title>{{title}}</title></rect>
{{/parts}}{{#failed}}<text x="{{x}}" y="{{textY}}" style="fill: #c0232c">✖ {{phase}}: {{why}}</text>
{{/failed}}{{/bars}}</svg>
<h2>The machine meanwhile</h2>
{{#curves}}<svg viewBox="0 0 ${WIDTH} ${CURVE + 24}" role="img" aria-label="{{title}}">
<rect x="${LEFT}" y="0" width="${WIDTH - LEFT - 10}" height="${CURVE}" fill="#f4f4f4"></rect>
<text x="0" y="12">{{most}}</text><text x="0" y="${CURVE / 2}">{{title}}</text><text x="0" y="${CURVE / 2 + 16}">most: {{highest}}</text><text x="0" y="${CURVE}">0</text>
<polyline points="{{points}}" fill="none" stroke="#4e79a7" stroke-width="2"></polyline>
<text x="${LEFT}" y="${CURVE + 16}">0 s</text><text x="${WIDTH - 10}" y="${CURVE + 16}" text-anchor="end">{{seconds}} s</text>
</svg>
{{/curves}}
</body>
</html>
`;

export function classPage(report: Report, verdict: string, advice: string): string {
  const { held, times, stack, url, instanceType, date } = report;
  const { samples, visits, seconds } = held;
  const total = samples[0]?.totalMiB ?? 0;
  const disk = samples[0]?.diskMiB ?? 0;
  const grown = samples.map(({ diskMiB }) => Math.max(0, diskMiB - disk));
  return mustache.render(TEMPLATE, {
    ...{ stack, url, instanceType, date, verdict, advice },
    count: visits.length,
    colour: visits.some(({ failed }) => failed) ? "#c0232c" : "#1a7f37",
    seconds: Math.round(seconds),
    times: times.map(({ name, count, p50, p95 }) => ({
      name,
      count,
      p50: p50.toFixed(1),
      p95: p95.toFixed(1),
    })),
    legend: PHASES.map((name, index) => ({ name, colour: COLOURS[index] })),
    barsHeight: visits.length * (BAR + 3) + 4,
    bars: bars(held),
    curves: [
      curve(held, "Processors", (index) => samples[index]?.cpu ?? 0, 100, "%"),
      curve(held, "Memory", (index) => samples[index]?.memoryMiB ?? 0, total, "MiB"),
      curve(held, "New on the disk", (index) => grown[index] ?? 0, Math.max(1, ...grown), "MiB"),
    ],
  });
}
