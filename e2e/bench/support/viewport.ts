/** Small windows: what is measured is not how fast pages can be drawn, which without a screen is done in software. */
export const SMALL = { viewport: { width: 400, height: 300 } };
