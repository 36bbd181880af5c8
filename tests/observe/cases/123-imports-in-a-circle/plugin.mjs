console.log("plugin: asking for the settings");
const { settings } = await import("./app.mjs");

export const paint = () => settings.theme;
