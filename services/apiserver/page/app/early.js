// Before the first paint, or a chosen theme would flash into view after the other one.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be shut off: then the system's theme it is.
}
