// Shows how much of a file has been sent; the server then tells how far the reading is.
"use strict";
(() => {
  const form = document.querySelector("form[data-upload]");
  if (!form) return;
  const sending = form.querySelector("[data-sending]");
  const bar = sending.querySelector("progress");
  const words = sending.querySelector("[data-sending-words]");
  const button = form.querySelector("[type=submit]");

  form.addEventListener("htmx:beforeRequest", () => {
    sending.hidden = false;
    bar.hidden = false;
    bar.value = 0;
    button.disabled = true;
    words.textContent = "Sending the file. Stay on this page until it has arrived.";
  });
  form.addEventListener("htmx:xhr:progress", (event) => {
    const { loaded, total } = event.detail;
    if (!total) return;
    bar.value = (100 * loaded) / total;
    const sent = (loaded / 1e6).toFixed(0);
    words.textContent =
      loaded < total
        ? `Sending the file: ${sent} of ${(total / 1e6).toFixed(0)} MB.`
        : "The file has been sent. The server is taking it in.";
  });
  // A refusal comes as one sentence; anything else that went wrong says nothing of use.
  function refusal(answer) {
    const isSentence = (answer.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    return answer.status === 422 && isSentence ? answer.responseText : "";
  }

  form.addEventListener("htmx:afterRequest", (event) => {
    const { successful, xhr } = event.detail;
    button.disabled = false;
    sending.hidden = successful;
    bar.hidden = !successful;
    if (successful) form.reset();
    else {
      words.textContent =
        refusal(xhr) ||
        "The file did not arrive. What you had before is all still there. Try again.";
    }
  });
})();
