export * from './backends';
export * from './failures';
export * from './findings';
export * from './operations';
export * from './parked-step';
export * from './states';
export * from './tenant-names';
