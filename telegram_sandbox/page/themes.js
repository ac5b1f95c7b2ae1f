// @ts-check
/**
 * The colours that a phone tells its Mini Apps, light and dark. They go with the variables in page.css. Data only.
 *
 * @typedef {"light" | "dark"} Theme
 */

/** Telegram's names of colours, which are given as #rrggbb. */
export const THEMES = {
  light: {
    bg_color: "#ffffff",
    secondary_bg_color: "#f1f4f6",
    header_bg_color: "#ffffff",
    bottom_bar_bg_color: "#ffffff",
    section_bg_color: "#ffffff",
    section_header_text_color: "#106fb6",
    section_separator_color: "#e2e7ea",
    text_color: "#12181d",
    subtitle_text_color: "#5c6a75",
    hint_color: "#5c6a75",
    link_color: "#106fb6",
    accent_text_color: "#106fb6",
    button_color: "#106fb6",
    button_text_color: "#ffffff",
    destructive_text_color: "#cf3340",
  },
  dark: {
    bg_color: "#1b2126",
    secondary_bg_color: "#252d33",
    header_bg_color: "#1b2126",
    bottom_bar_bg_color: "#1b2126",
    section_bg_color: "#1b2126",
    section_header_text_color: "#5cb3f5",
    section_separator_color: "#303940",
    text_color: "#eef3f6",
    subtitle_text_color: "#98a6b1",
    hint_color: "#98a6b1",
    link_color: "#5cb3f5",
    accent_text_color: "#5cb3f5",
    button_color: "#5cb3f5",
    button_text_color: "#06121b",
    destructive_text_color: "#ff7b83",
  },
};
