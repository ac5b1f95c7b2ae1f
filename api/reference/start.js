// Starts the renderer, and scrolls from /docs#stamp_too_soon, the type of a problem, to the row that explains the code.

const CODE = /^[a-z_]+$/;
const wanted = location.hash.slice(1);

// The renderer would read a code as the name of a document.
if (CODE.test(wanted)) history.replaceState(null, "", location.pathname);

Scalar.createApiReference("#reference", {
  url: "/openapi.json",
  agent: { disabled: true },
  mcp: { disabled: true },
  telemetry: false,
  withDefaultFonts: false,
  hideClientButton: true,
  hiddenClients: true,
  showDeveloperTools: "never",
  documentDownloadType: "none",
  operationTitleSource: "summary",
  persistAuth: false,
});

function lead(code) {
  const row = CODE.test(code) && document.getElementById(code)?.closest("tr");
  if (!row) return false;
  for (const other of document.querySelectorAll("tr.wanted")) other.classList.remove("wanted");
  row.classList.add("wanted");
  row.scrollIntoView({ block: "center" });
  return true;
}

// The table exists once the document has been read and drawn.
const drawn = new MutationObserver(() => lead(wanted) && drawn.disconnect());
if (CODE.test(wanted)) drawn.observe(document.body, { childList: true, subtree: true });

// Links within the page to a code.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#']");
  if (link && lead(link.getAttribute("href").slice(1))) event.preventDefault();
}, true);
