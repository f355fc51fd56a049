// Takes this run's token out of the address, and shows what the journal holds.
const match = /^#token=([A-Za-z0-9_-]+)$/.exec(location.hash);
if (match) {
  sessionStorage.setItem("token", match[1]);
  history.replaceState(null, "", location.pathname + location.search);
}
const app = document.getElementById("app");
const answer = await fetch("/api/session", {
  headers: { Authorization: `Bearer ${sessionStorage.getItem("token") ?? ""}` },
});
const session = await answer.json();
app.textContent = session.type === "error" ? session.message : `${session.count} deliveries in ${session.journal}`;
