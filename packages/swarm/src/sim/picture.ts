import type { CurvePoint } from './curves.ts';

/** One picture: its name, its curve, and the bound that the last completion is measured against, ms. */
export interface Panel {
  readonly title: string;
  readonly points: readonly CurvePoint[];
  readonly bound: number;
}

const WIDTH = 420;
const HEIGHT = 220;
const LEFT = 44;
const RIGHT = 16;
const TOP = 34;
const BOTTOM = 34;
const COLUMNS = 2;
const LEGEND = 44;

const LINES = [
  ['spread', 'pieces that some receiver has', '#0072b2', ''],
  ['common', 'pieces that half of the receivers have', '#56b4e9', ''],
  ['fastest', 'bytes of the fastest receiver', '#d55e00', '2 3'],
  ['median', 'bytes of the median receiver', '#d55e00', ''],
  ['slowest', 'bytes of the slowest receiver', '#d55e00', '6 3'],
  ['complete', 'receivers that are complete', '#009e73', ''],
] as const satisfies readonly (readonly [keyof CurvePoint, string, string, string])[];

/** Piece availability and completion over time, a panel for each scenario, as an SVG. */
export function drawPicture(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / COLUMNS);
  const [width, height] = [COLUMNS * WIDTH, LEGEND + rows * HEIGHT];
  const drawn = panels.map((panel, at) => {
    const [x, y] = [(at % COLUMNS) * WIDTH, LEGEND + Math.floor(at / COLUMNS) * HEIGHT];
    return `<g transform="translate(${x} ${y})">${panelOf(panel)}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    legend(),
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function legend(): string {
  return LINES.map(([, text, colour, dash], at) => {
    const [x, y] = [16 + (at % 3) * 270, 16 + Math.floor(at / 3) * 18];
    const line = `<path d="M${x} ${y}h22" stroke="${colour}" stroke-width="2" stroke-dasharray="${dash}"/>`;
    return `${line}<text x="${x + 28}" y="${y + 4}">${text}</text>`;
  }).join('');
}

function panelOf({ title, points, bound }: Panel): string {
  const end = Math.max(bound, points.at(-1)?.at ?? 0) * 1.02;
  const x = (at: number): string => (LEFT + (at / end) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (part: number): string => (HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)).toFixed(1);
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    part =>
      `<path d="M${x(0)} ${y(part)}H${x(end)}" stroke="#ddd"/><text x="${LEFT - 6}" y="${Number(y(part)) + 4}" text-anchor="end">${part * 100} %</text>`,
  );
  const times = [0, 0.5, 1].map(
    part =>
      `<text x="${x(part * end)}" y="${HEIGHT - BOTTOM + 14}" text-anchor="${part === 1 ? 'end' : 'middle'}">${((part * end) / 1000).toFixed(1)} s</text>`,
  );
  const curves = LINES.map(([key, , colour, dash]) => {
    const path = points.map(point => `${x(point.at)} ${y(point[key])}`).join('L');
    return `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="1.5" stroke-dasharray="${dash}"/>`;
  });
  return [
    `<text x="${LEFT}" y="18" font-weight="bold">${title}</text>`,
    ...grid,
    ...times,
    `<path d="M${x(bound)} ${y(0)}V${y(1)}" stroke="#333" stroke-dasharray="1 2"/><text x="${x(bound)}" y="${TOP - 5}" text-anchor="end">bound</text>`,
    ...curves,
  ].join('');
}
