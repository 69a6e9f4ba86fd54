export * from './backends';
export * from './operations';
export * from './states';
export * from './tenant-names';
