import type { EChartsOption } from 'echarts';
import { AXIS_LINES, barOf, INK, PALETTE, renderSvg, roomFor, TEXT } from './chart';
import type { Timeline } from './schema';

const LANE_HEIGHT = 22;
const BAR_HEIGHT = 14;

/** Spans in their lanes, from left to right as time goes; a colour for each kind. */
export function renderTimeline({ spans }: Timeline): string {
  const lanes = [...new Set(spans.map(({ lane }) => lane))];
  const kinds = [...new Set(spans.map(({ label }) => label))];
  const option: EChartsOption = {
    grid: { left: roomFor(lanes), right: 20, top: 60, bottom: 40 },
    legend: { top: 0, textStyle: TEXT, data: kinds, icon: 'roundRect', itemWidth: 14, itemGap: 20 },
    yAxis: {
      type: 'category',
      data: lanes,
      inverse: true,
      axisLabel: { ...TEXT, interval: 0 },
      axisTick: { show: false },
      axisLine: AXIS_LINES.axisLine,
    },
    xAxis: {
      type: 'value',
      min: 0,
      name: 'ms since the commit',
      nameLocation: 'middle',
      nameGap: 24,
      nameTextStyle: TEXT,
      axisLabel: TEXT,
      ...AXIS_LINES,
    },
    series: kinds.map((kind, at) => ({
      type: 'custom',
      name: kind,
      itemStyle: { color: PALETTE[at % PALETTE.length] ?? INK },
      renderItem: barOf(BAR_HEIGHT, 1),
      encode: { x: [1, 2], y: 0 },
      data: spans
        .filter(({ label }) => label === kind)
        .map(({ lane, startMs, endMs }) => [lanes.indexOf(lane), startMs, endMs]),
    })),
  };
  return renderSvg(option, lanes.length * LANE_HEIGHT + 110);
}
