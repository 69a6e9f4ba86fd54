/**
 * What a Temporal for one machine needs set, by its names in the dynamic configuration, whichever server it is. Of
 * several partitions of a queue a worker polls one at a time: what goes first in one may then come after what waits in
 * another. And a shard looks 20 times a second at most, each, for tasks to hand to workers, timers, and changes to
 * show, which is meant for hundreds of shards: with one, four operations a second take that up, and each step waits
 * 40 ms.
 */
export const TEMPORAL_SETTINGS: Readonly<Record<string, number>> = {
  'matching.numTaskqueueReadPartitions': 1,
  'matching.numTaskqueueWritePartitions': 1,
  'history.transferProcessorMaxPollRPS': 500,
  'history.timerProcessorMaxPollRPS': 500,
  'history.visibilityProcessorMaxPollRPS': 500,
};
