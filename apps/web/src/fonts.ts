// Imported here rather than from CSS, so that each file passes through the build's `woff2Only`. Japanese comes in slices
// by unicode range: a page loads only those that its names need.
import '@fontsource-variable/archivo/wdth.css';
import '@fontsource/zen-kaku-gothic-new/500.css';
import '@fontsource/zen-kaku-gothic-new/700.css';
