import { init, type CustomSeriesRenderItem, type EChartsOption } from 'echarts';

const WIDTH = 860;
/** Contrast of at least 4 on white and on the dark of the hosts that show our documents. */
export const INK = '#6e7781';
export const PALETTE = ['#2f81f7', '#d4762c', '#3f9b58', '#a371f7', '#c9518a', '#8b949e', '#b59a2b', '#2a9d9d'];

export const TEXT = { color: INK, fontSize: 12 } as const;
export const AXIS_LINES = {
  axisLine: { lineStyle: { color: INK } },
  splitLine: { lineStyle: { color: INK, opacity: 0.25 } },
} as const;

/** A chart as SVG, without a browser. It has no background, so that it stands on that of the page. */
export function renderSvg(option: EChartsOption, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ animation: false, backgroundColor: 'transparent', color: PALETTE, textStyle: TEXT, ...option });
    return `${withoutHover(chart.renderToSVGString())}\n`;
  } finally {
    chart.dispose();
  }
}

/** What is only for a pointer: nothing in an image can be pointed at. */
const withoutHover = (svg: string): string =>
  svg.replaceAll(/<style[^]*?<\/style>/g, '').replaceAll(/ (class|ecmeta_\w+|pointer-events)="[^"]*"/g, '');

/** How much room labels of an axis need, in pixels. */
export const roomFor = (labels: readonly string[]): number => Math.max(...labels.map((it) => it.length)) * 6.6 + 16;

/** Draws data of the form [row, from, to] as bars; as narrow as two pixels, so that none is unseen. */
export const barOf =
  (height: number, opacity: number): CustomSeriesRenderItem =>
  (_params, api) => {
    const [x = 0, y = 0] = api.coord([api.value(1), api.value(0)]);
    const [end = 0] = api.coord([api.value(2), api.value(0)]);
    const fill = api.visual('color');
    return {
      type: 'rect',
      shape: { x, y: y - height / 2, width: Math.max(2, end - x), height },
      style: { opacity, ...(fill === undefined ? {} : { fill }) },
    };
  };
