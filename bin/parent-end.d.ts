export declare function whenScriptEnds(then: () => void): void;
