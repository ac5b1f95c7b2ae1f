// @ts-check
/**
 * What a Mini App loads here in place of Telegram's own script: `window.Telegram.WebApp`, for pages in a phone of the
 * sandbox. Written from Telegram's documentation, with what a page of ours may use and no more. It speaks to the phone
 * around the page by Telegram's events: https://core.telegram.org/api/web-events. The phone's side is in web_view.js.
 */

(() => {
  const launch = launchParameters();
  const version = launch.get("tgWebAppVersion") ?? "6.0";
  const initData = launch.get("tgWebAppData") ?? "";
  const root = document.documentElement.style;
  /** @type {Map<string, Set<Function>>} */
  const listeners = new Map();
  /** @type {Map<string, (answer: any) => void>} */
  const asked = new Map();
  /** @type {((id: string | null) => void) | null} */
  let popup = null;
  /** @type {((text: string) => unknown) | null} */
  let scanning = null;
  // What changes; pages read it as fields of WebApp.
  const state = {
    themeParams: {},
    colorScheme: "light",
    viewportHeight: 0,
    viewportStableHeight: 0,
    isExpanded: false,
    isActive: true,
    isClosingConfirmationEnabled: false,
  };

  // A page that one goes to from the first one has no parameters in its address. The name of the frame keeps two phones
  // in one window apart; under Telegram's own name pages see that they are inside of it.
  function launchParameters() {
    const kept = `telegram-launch ${window.name}`;
    let hash = location.hash.slice(1).replace(/^[^?]*\?/, "");
    try {
      if (!hash.includes("tgWebApp")) hash = sessionStorage.getItem(kept) ?? "";
      else for (const name of [kept, "__telegram__initParams"]) sessionStorage.setItem(name, hash);
    } catch {
      // If nothing may be stored, only the first page has them.
    }
    return new URLSearchParams(hash);
  }

  // What is inside the data, before anybody has checked its signature.
  function unsafe() {
    const fields = [...new URLSearchParams(initData)];
    return Object.fromEntries(fields.map(([name, value]) => [name, /^[{[]/.test(value) ? JSON.parse(value) : value]));
  }

  function post(eventType, eventData = {}) {
    if (parent !== window) parent.postMessage(JSON.stringify({ eventType, eventData }), "*");
  }

  // The phone answers a request by its number.
  function request(eventType, eventData, done) {
    const req_id = crypto.getRandomValues(new Uint32Array(2)).join("-");
    asked.set(req_id, done);
    post(eventType, { req_id, ...eventData });
  }

  function isVersionAtLeast(wanted) {
    const [mine, theirs] = [version, wanted].map((one) => one.split(".").map(Number));
    return mine[0] > theirs[0] || (mine[0] === theirs[0] && (mine[1] ?? 0) >= (theirs[1] ?? 0));
  }

  function needs(wanted, method) {
    if (isVersionAtLeast(wanted)) return;
    console.warn(`[Telegram.WebApp] ${method} is not supported in version ${version}`);
    throw new Error("WebAppMethodUnsupported");
  }

  function tell(name, data = {}) {
    for (const heard of [...(listeners.get(name) ?? [])]) heard.call(WebApp, data);
  }

  const onEvent = (name, heard) => void listeners.set(name, (listeners.get(name) ?? new Set()).add(heard));
  const offEvent = (name, heard) => void listeners.get(name)?.delete(heard);

  // Theme and size, which are also variables of CSS.

  function applyTheme(theme) {
    state.themeParams = theme;
    const [red, green, blue] = [1, 3, 5].map((at) => parseInt((theme.bg_color ?? "#ffffff").slice(at, at + 2), 16));
    state.colorScheme = red * 0.299 + green * 0.587 + blue * 0.114 < 128 ? "dark" : "light";
    root.setProperty("--tg-color-scheme", state.colorScheme);
    for (const [name, color] of Object.entries(theme))
      root.setProperty(`--tg-theme-${name.replaceAll("_", "-")}`, String(color));
  }

  function applySize({ height, is_state_stable, is_expanded }) {
    state.viewportHeight = height;
    state.isExpanded = is_expanded;
    if (is_state_stable) state.viewportStableHeight = height;
    root.setProperty("--tg-viewport-height", `${height}px`);
    root.setProperty("--tg-viewport-stable-height", `${state.viewportStableHeight}px`);
  }

  // The parts of WebApp.

  function button(name, clicked, first = {}) {
    /** @type {Record<string, any>} */
    const look = { is_visible: false, ...first };
    const show = (change) => {
      Object.assign(look, change);
      post(`web_app_setup_${name}_button`, look);
      return it;
    };
    const it = {
      get isVisible() {
        return look.is_visible;
      },
      show: () => show({ is_visible: true }),
      hide: () => show({ is_visible: false }),
      onClick: (heard) => (onEvent(clicked, heard), it),
      offClick: (heard) => (offEvent(clicked, heard), it),
    };
    return { it, look, show };
  }

  function bottomButton(name, clicked, text) {
    const { it, look, show: setParams } = button(name, clicked, { is_active: true, is_progress_visible: false, text });
    Object.defineProperties(it, {
      text: { get: () => look.text, set: (value) => setParams({ text: value }) },
      isActive: { get: () => look.is_active },
      isProgressVisible: { get: () => look.is_progress_visible },
    });
    return Object.assign(it, {
      setParams,
      setText: (value) => setParams({ text: value }),
      enable: () => setParams({ is_active: true }),
      disable: () => setParams({ is_active: false }),
      showProgress: (stays = false) => setParams({ is_progress_visible: true, is_active: stays }),
      hideProgress: () => setParams({ is_progress_visible: false, is_active: true }),
    });
  }

  function haptics() {
    const shake = (data) => (post("web_app_trigger_haptic_feedback", data), it);
    const it = {
      impactOccurred: (style) => shake({ type: "impact", impact_style: style }),
      notificationOccurred: (kind) => shake({ type: "notification", notification_type: kind }),
      selectionChanged: () => shake({ type: "selection_change" }),
    };
    return it;
  }

  // Callbacks get an error or null first, and then what was asked for.
  function storage(kind) {
    const ask = (verb, data, done, found) => {
      needs("9.0", "DeviceStorage");
      request(`web_app_${kind}_storage_${verb}`, data, (answer) => {
        if (answer.error) done?.(answer.error);
        else done?.(null, found(answer));
      });
      return it;
    };
    const it = {
      setItem: (key, value, done) => ask("save_key", { key, value }, done, () => true),
      getItem: (key, done) => ask("get_key", { key }, done, (answer) => answer.value ?? null),
      removeItem: (key, done) => ask("save_key", { key, value: null }, done, () => true),
      clear: (done) => ask("clear", {}, done, () => true),
    };
    return it;
  }

  /**
   * @param {{title?: string, message: string, buttons?: {id?: string, type?: string, text?: string}[]}} what
   * @param {(id: string | null) => void} [done]
   */
  function showPopup({ title = "", message, buttons = [{ type: "close" }] }, done) {
    needs("6.2", "showPopup");
    if (popup) throw new Error("WebAppPopupOpened");
    popup = (id) => done?.(id);
    const full = buttons.map((one) => ({ id: "", type: "default", ...one }));
    post("web_app_open_popup", { title, message, buttons: full });
  }

  function showConfirm(message, done) {
    const buttons = [{ type: "ok", id: "ok" }, { type: "cancel" }];
    showPopup({ message, buttons }, (id) => done?.(id === "ok"));
  }

  function showScanQrPopup({ text = "" } = {}, found) {
    needs("6.4", "showScanQrPopup");
    if (scanning) throw new Error("WebAppScanQrPopupOpened");
    scanning = found ?? (() => false);
    post("web_app_open_scan_qr_popup", text ? { text } : {});
  }

  function closeScanQrPopup() {
    scanning = null;
    post("web_app_close_scan_qr_popup");
  }

  function openTelegramLink(link) {
    const url = new URL(link, location.href);
    if (url.hostname !== "t.me") throw new Error("WebAppTgUrlInvalid");
    post("web_app_open_tg_link", { path_full: url.pathname + url.search });
  }

  // A colour of its own, or the name of one of the theme's.
  function setColor(part, color) {
    post(`web_app_set_${part}_color`, color.startsWith("#") ? { color } : { color_key: color });
  }

  function confirms(on) {
    state.isClosingConfirmationEnabled = on;
    post("web_app_setup_closing_behavior", { need_confirmation: on });
  }

  // The phone answers these with a status only, one at a time.
  function permission(eventType, event, granted, done) {
    const heard = ({ status }) => (offEvent(event, heard), done?.(status === granted));
    onEvent(event, heard);
    post(eventType);
  }

  const heardFromPhone = {
    main_button_pressed: () => tell("mainButtonClicked"),
    secondary_button_pressed: () => tell("secondaryButtonClicked"),
    back_button_pressed: () => tell("backButtonClicked"),
    settings_button_pressed: () => tell("settingsButtonClicked"),
    theme_changed: ({ theme_params }) => (applyTheme(theme_params), tell("themeChanged")),
    viewport_changed: (size) => (applySize(size), tell("viewportChanged", { isStateStable: size.is_state_stable })),
    popup_closed: ({ button_id = null }) => {
      const closed = popup;
      popup = null;
      closed?.(button_id);
      tell("popupClosed", { button_id });
    },
    qr_text_received: ({ data }) => {
      if (scanning?.(data)) closeScanQrPopup();
      tell("qrTextReceived", { data });
    },
    scan_qr_popup_closed: () => ((scanning = null), tell("scanQrPopupClosed")),
    visibility_changed: ({ is_visible }) => {
      state.isActive = is_visible;
      tell(is_visible ? "activated" : "deactivated");
    },
    write_access_requested: ({ status }) => tell("writeAccessRequested", { status }),
    phone_requested: ({ status }) => tell("contactRequested", { status }),
  };

  addEventListener("message", ({ source, data }) => {
    if (source !== parent || parent === window || !/^{"eventType":/.test(data)) return;
    const { eventType, eventData = {} } = JSON.parse(data);
    const done = asked.get(eventData?.req_id);
    asked.delete(eventData?.req_id);
    if (done) done(eventData);
    else heardFromPhone[eventType]?.(eventData ?? {});
  });

  const WebApp = {
    initData,
    initDataUnsafe: unsafe(),
    version,
    platform: launch.get("tgWebAppPlatform") ?? "unknown",
    safeAreaInset: { top: 0, bottom: 0, left: 0, right: 0 },
    contentSafeAreaInset: { top: 0, bottom: 0, left: 0, right: 0 },
    BackButton: button("back", "backButtonClicked").it,
    SettingsButton: button("settings", "settingsButtonClicked").it,
    MainButton: bottomButton("main", "mainButtonClicked", "Continue"),
    SecondaryButton: bottomButton("secondary", "secondaryButtonClicked", "Cancel"),
    HapticFeedback: haptics(),
    DeviceStorage: storage("device"),
    SecureStorage: storage("secure"),
    isVersionAtLeast,
    onEvent,
    offEvent,
    ready: () => post("web_app_ready"),
    expand: () => post("web_app_expand"),
    close: () => post("web_app_close"),
    enableClosingConfirmation: () => confirms(true),
    disableClosingConfirmation: () => confirms(false),

    disableVerticalSwipes: () => post("web_app_setup_swipe_behavior", { allow_vertical_swipe: false }),
    setHeaderColor: (color) => setColor("header", color),
    setBackgroundColor: (color) => setColor("background", color),
    setBottomBarColor: (color) => setColor("bottom_bar", color),
    showPopup,
    showAlert: (message, done) => showPopup({ message }, () => done?.()),
    showConfirm,
    showScanQrPopup,
    closeScanQrPopup,
    openLink: (url) => post("web_app_open_link", { url: new URL(url, location.href).href }),
    openTelegramLink,
    requestContact: (done) => permission("web_app_request_phone", "contactRequested", "sent", done),
    requestWriteAccess: (done) => permission("web_app_request_write_access", "writeAccessRequested", "allowed", done),
  };

  for (const name of Object.keys(state)) Object.defineProperty(WebApp, name, { get: () => state[name] });
  applyTheme(JSON.parse(launch.get("tgWebAppThemeParams") ?? "{}"));
  applySize({ height: innerHeight, is_state_stable: true, is_expanded: false });
  Object.assign(window, { Telegram: { ...window["Telegram"], WebApp } });
  post("iframe_ready", { reload_supported: false });
  post("web_app_request_theme");
  post("web_app_request_viewport");
})();
