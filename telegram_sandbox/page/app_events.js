// @ts-check
/**
 * What a Mini App asks of the phone: Telegram's events, and what the phone does for each.
 * https://core.telegram.org/api/web-events. The names of events and their data are Telegram's.
 */

import { reasonOf } from "./control.js";
import { safeLink } from "./dom.js";

const LABELS = { ok: "OK", close: "Close", cancel: "Cancel" };
const SHARE = [
  ["Cancel", false],
  ["Share", true],
];

/** Do what a page asks for. What the phone does not know is an error for whoever watches the console. */
export function answerApp(view, eventType, eventData) {
  const answer = ANSWERS[eventType];
  if (answer) answer(view, eventData);
  else console.warn(`The phone does not know ${eventType}.`);
}

async function showPopup(view, { title, message, buttons }) {
  const answers = buttons.map(({ id, type, text }) => [LABELS[type] ?? text, { button_id: id }]);
  const chosen = await view.layers.ask(title ? `${title}\n\n${message}` : message, answers);
  view.post("popup_closed", chosen ?? {});
}

async function sharePhone(view) {
  const sure = await view.layers.ask(`Share your phone number with ${view.phone.title()}?`, SHARE);
  const sent = sure && (await view.phone.shareContact());
  view.post("phone_requested", { status: sent ? "sent" : "cancelled" });
}

async function openChat(view, { path_full }) {
  const link = new URL(path_full, "https://t.me");
  if (await view.close()) view.phone.follow(link);
}

function openOutside({ url }) {
  const link = safeLink(url);
  if (link) window.open(link.href, "_blank", "noopener");
}

// What a page keeps: saved, read and cleared in the order in which it was asked for.
function storage(kind) {
  const path = `storage/${kind}`;
  const answered = (named, ask, found = (_kept, _data) => ({})) =>
    async function (view, data) {
      const { req_id } = data;
      try {
        view.post(`${kind}_storage_${named}`, { req_id, ...found(await ask(view, data), data) });
      } catch (refused) {
        view.post(`${kind}_storage_failed`, { req_id, error: reasonOf(refused) });
      }
    };
  const save = (view, { key, value }) => view.ask(path, { key, value: value ?? null });
  return {
    [`web_app_${kind}_storage_save_key`]: answered("key_saved", save),
    [`web_app_${kind}_storage_get_key`]: answered(
      "key_received",
      (view) => view.ask(path),
      (kept, { key }) => ({ value: kept[key] ?? null }),
    ),
    [`web_app_${kind}_storage_clear`]: answered("cleared", (view) => view.ask(path, undefined, "DELETE")),
  };
}

const nothing = () => undefined;

const ANSWERS = {
  iframe_ready: nothing,
  iframe_will_reload: nothing,
  web_app_ready: (view) => (view.element.dataset.ready = "true"),
  web_app_expand: (view) => view.tellSize(),
  web_app_close: (view) => view.drop(),
  web_app_request_theme: (view) => view.tellTheme(),
  web_app_request_viewport: (view) => view.tellSize(),
  web_app_request_safe_area: (view) => view.post("safe_area_changed", { top: 0, bottom: 0, left: 0, right: 0 }),
  web_app_request_content_safe_area: (view) =>
    view.post("content_safe_area_changed", { top: 0, bottom: 0, left: 0, right: 0 }),
  web_app_setup_back_button: (view, { is_visible }) => (view.back.hidden = !is_visible),
  web_app_setup_settings_button: (view, { is_visible }) => (view.settings.hidden = !is_visible),
  web_app_setup_main_button: (view, look) => view.setButton(view.main, look),
  web_app_setup_secondary_button: (view, look) => view.setButton(view.secondary, look),
  web_app_setup_closing_behavior: (view, { need_confirmation }) => (view.confirms = need_confirmation),
  web_app_setup_swipe_behavior: nothing,
  web_app_set_header_color: (view, color) => view.paint(view.bar, color),
  web_app_set_background_color: (view, color) => view.paint(view.element, color),
  web_app_set_bottom_bar_color: (view, color) => view.paint(view.foot, color),
  web_app_trigger_haptic_feedback: (view, haptic) => (view.shake(haptic), view.ask("haptics", haptic).catch(nothing)),
  web_app_open_popup: showPopup,
  web_app_open_scan_qr_popup: (view, { text }) => view.camera.open(text ?? ""),
  web_app_close_scan_qr_popup: (view) => view.camera.close(),
  web_app_open_link: (view, link) => openOutside(link),
  web_app_open_tg_link: openChat,
  web_app_request_phone: sharePhone,
  web_app_request_write_access: (view) => view.post("write_access_requested", { status: "allowed" }),
  web_app_request_fullscreen: (view) => view.post("fullscreen_failed", { error: "UNSUPPORTED" }),
  web_app_check_home_screen: (view) => view.post("home_screen_checked", { status: "unsupported" }),
  ...storage("device"),
  ...storage("secure"),
};
