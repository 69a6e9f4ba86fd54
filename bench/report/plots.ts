import { renderLines } from './plot-lines';
import { renderRanges } from './plot-ranges';
import { renderTimeline } from './plot-timeline';
import type { Group, Report } from './schema';

/** A plot of a report, beside the page as a file of its own. */
export interface Plot {
  scenario: string;
  /** The title of the group it shows; null for a timeline. */
  group: string | null;
  title: string;
  file: string;
  svg: string;
}

/** All plots of a report, as SVG that is readable on light and on dark. */
export const plotsOf = ({ outcomes }: Report): Plot[] =>
  outcomes.flatMap(({ name, result }) => {
    const groups = (result?.groups ?? []).flatMap((group, at): Plot[] => {
      const svg = renderGroup(group);
      return svg === undefined
        ? []
        : [{ scenario: name, group: group.title, title: group.title, file: `${name}-${at + 1}.svg`, svg }];
    });
    if (result?.timeline === undefined) return groups;
    const { title } = result.timeline;
    const svg = renderTimeline(result.timeline);
    return [{ scenario: name, group: null, title, file: `${name}-timeline.svg`, svg }, ...groups];
  });

function renderGroup(group: Group): string | undefined {
  switch (group.plot) {
    case 'ranges':
      return renderRanges(group);
    case 'lines':
      return renderLines(group);
    case 'none':
      return undefined;
  }
}
