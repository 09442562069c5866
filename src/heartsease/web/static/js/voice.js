// Records a voice diary and sends it as WAV (16 kHz, one channel): no other host hears of it.
"use strict";
(() => {
  const form = document.querySelector("form[data-voice]");
  const canRecord = navigator.mediaDevices?.getUserMedia && window.MediaRecorder;
  if (!form || !canRecord) return;
  const RATE = 16000;
  const LONGEST_S = 590;
  const part = (name) => form.querySelector(`[data-${name}]`);
  const words = part("words");
  let recorder = null;
  let pieces = [];
  let begun = 0;
  let ticking = 0;
  let keep = false;

  part("recorder").hidden = false;
  part("by-file").open = false;

  function show(isRecording) {
    part("start").hidden = isRecording;
    part("stop").hidden = !isRecording;
    part("drop").hidden = !isRecording;
    (isRecording ? part("stop") : part("start")).focus();
  }

  function tick() {
    const seconds = Math.floor((Date.now() - begun) / 1000);
    part("time").textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (seconds >= LONGEST_S) stop(true);
  }

  async function start() {
    let sound;
    try {
      sound = await navigator.mediaDevices.getUserMedia({
        audio: { autoGainControl: false, echoCancellation: false, noiseSuppression: false },
      });
    } catch {
      words.textContent = "The microphone is not allowed or not there. You can hand in a file instead.";
      return;
    }
    pieces = [];
    recorder = new MediaRecorder(sound);
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => {
      sound.getTracks().forEach((track) => track.stop());
      clearInterval(ticking);
      show(false);
      if (keep) send(new Blob(pieces, { type: recorder.mimeType }));
      else words.textContent = "Thrown away. Nothing was sent.";
      pieces = [];
    });
    recorder.start();
    begun = Date.now();
    ticking = setInterval(tick, 250);
    words.textContent = "Recording. Say whatever comes to mind.";
    show(true);
  }

  function stop(isKept) {
    keep = isKept;
    if (recorder?.state === "recording") recorder.stop();
  }

  // PCM of 16 bits behind the 44 bytes that every WAV file begins with.
  function wav(samples) {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const text = (at, letters) => [...letters].forEach((one, i) => view.setUint8(at + i, one.charCodeAt(0)));
    text(0, "RIFF");
    view.setUint32(4, 36 + 2 * samples.length, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, RATE, true);
    view.setUint32(28, 2 * RATE, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, 2 * samples.length, true);
    samples.forEach((one, i) => view.setInt16(44 + 2 * i, Math.max(-1, Math.min(1, one)) * 32767, true));
    return new Blob([view], { type: "audio/wav" });
  }

  async function send(recording) {
    words.textContent = "Making numbers of it. This takes some seconds.";
    try {
      const context = new OfflineAudioContext(1, 1, RATE);
      const sound = await context.decodeAudioData(await recording.arrayBuffer());
      const body = new FormData(form);
      body.set("recording", wav(sound.getChannelData(0)), "diary.wav");
      const answer = await fetch(location.href, { method: "POST", body, redirect: "manual" });
      if (answer.type === "opaqueredirect") {
        location.reload();
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      words.textContent = page.querySelector(".error-summary p")?.textContent ?? "Nothing was kept.";
    } catch {
      words.textContent = "It could not be sent. Nothing was kept. You can try again.";
    }
  }

  part("start").addEventListener("click", start);
  part("stop").addEventListener("click", () => stop(true));
  part("drop").addEventListener("click", () => stop(false));
})();
