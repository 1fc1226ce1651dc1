// What of Zoom's configuration matters here.

import { CallError } from './call';

export interface Config {
  signature: string;
  session: string;
  name: string;
  passcode: string;
  /** Whether the features are on; what else Zoom offers is not here. */
  audio: boolean;
  video: boolean;
}

type Features = Record<string, { enable?: boolean } | undefined>;

/** Zoom takes features by name (deprecated) or by options; without either all are on. */
function feature(raw: Record<string, unknown>, name: string): boolean {
  const options = raw['featuresOptions'] as Features | undefined;
  if (options?.[name]?.enable !== undefined) return options[name].enable;
  const list = raw['features'];
  return !Array.isArray(list) || list.includes(name);
}

/** Reads a configuration, or throws what Zoom calls INVALID_PARAMETERS. */
export function readConfig(from: unknown): Config {
  const raw = (from ?? {}) as Record<string, unknown>;
  const text = (name: string, needed: boolean): string => {
    const value = raw[name] ?? '';
    if (typeof value !== 'string' || (needed && value === '')) throw new CallError('INVALID_PARAMETERS', name + ' is missing, or no text');
    return value;
  };
  return {
    signature: text('videoSDKJWT', true),
    session: text('sessionName', true),
    name: text('userName', false),
    passcode: text('sessionPasscode', false),
    audio: feature(raw, 'audio'),
    video: feature(raw, 'video'),
  };
}
