export type * from './calls.ts';
export { Host, type HostOptions } from './host.ts';
export { lacksOfVariations, rulesWith, standardRules, type Rules, type Variation } from './rules/index.ts';
export { freedoms } from './freedoms/index.ts';
export { faults } from './faults/index.ts';
