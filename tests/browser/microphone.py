"""Browsers with and without a microphone."""

from __future__ import annotations

from playwright.sync_api import Browser

from tests.browser import chromium

FLAGS = [
    "--use-fake-device-for-media-stream",
    "--host-resolver-rules=MAP insecure.test 127.0.0.1",
]
"""A microphone that plays a file, and a name for this machine that is no safe address."""
REFUSES_RATES = """const Own = AudioContext;
window.AudioContext = class extends Own {
  constructor(settings) {
    if (settings?.sampleRate) throw new DOMException("another rate", "NotSupportedError");
    super(settings);
  }
};"""
"""A browser whose contexts of sound run at the device's rate alone."""
TRACKS = """() => {
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  window.tracks = [];
  navigator.mediaDevices.getUserMedia = async (wishes) => {
    window.wishes = wishes.audio;
    const stream = await ask(wishes);
    window.tracks.push(...stream.getTracks());
    return stream;
  };
}"""
"""Keeps what a page asks of the microphone, and what it gets."""


def launched(browser: Browser, *flags: str) -> Browser:
    """Another browser, with flags of its own."""
    return browser.browser_type.launch(
        executable_path=chromium.find(), args=[*chromium.FLAGS, *flags]
    )
