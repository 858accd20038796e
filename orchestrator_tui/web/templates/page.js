// Keys go to the dashboard at once, without a click on it first.
addEventListener("load", () => document.querySelector(".xterm-helper-textarea").focus());
