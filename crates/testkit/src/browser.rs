//! A real Chromium without a window: opens pages, runs scripts in them, takes pictures.
//!
//! It is told what to do in Chromium's own protocol over two pipes, so no port is opened and no
//! other program is needed.
//!
//! # Source
//!
//! The Chrome `DevTools` Protocol; `--remote-debugging-pipe` in Chromium's
//! `content/browser/devtools/devtools_pipe_handler.cc`: messages are JSON, each ended by a zero
//! byte, read from descriptor 3 and written to descriptor 4.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use std::os::unix::process::CommandExt as _;

use serde_json::{Value, json};

/// Where Debian and its kin put it.
const CHROMIUM: &str = "/usr/bin/chromium";

/// Longer than any answer takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// Swaps the descriptors: the pipes of the process become 3 and 4.
const THROUGH_PIPES: &str = "exec \"$0\" \"$@\" 3<&0 4>&1 1>&2 0</dev/null";

/// Whether there is a browser to test with.
#[must_use]
pub fn is_installed() -> bool {
    Path::new(CHROMIUM).is_file()
}

/// How a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// The width of the window, in CSS pixels; below 600 it is a phone's.
    pub width: u32,
    /// Whether the system asks for dark pages.
    pub is_dark: bool,
    /// Whether scripts run.
    pub has_scripts: bool,
}

/// A browser with one page; dropping it ends it.
#[derive(Debug)]
pub struct Browser {
    child: Child,
    to: ChildStdin,
    from: Receiver<Value>,
    next_id: u64,
    session: Option<String>,
    events: Vec<Value>,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts a browser that can reach the loopback interface and nothing else.
    ///
    /// # Errors
    ///
    /// If it cannot be started or does not answer.
    pub fn start() -> io::Result<Self> {
        let profile = crate::program::workdir()?;
        let mut command = Command::new("sh");
        command.args(["-c", THROUGH_PIPES, CHROMIUM, "--headless", "--no-sandbox"]);
        command.args(["--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"]);
        command.arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
        command.arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.process_group(0).spawn()?;
        let to = child.stdin.take().ok_or_else(|| broken("no pipe to the browser"))?;
        let out = child.stdout.take().ok_or_else(|| broken("no pipe from the browser"))?;
        let (send, from) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(out).split(0).map_while(Result::ok) {
                if serde_json::from_slice(&message).is_ok_and(|message| send.send(message).is_ok())
                {
                    continue;
                }
                return;
            }
        });
        let (session, events) = (None, Vec::new());
        let mut browser = Self { child, to, from, next_id: 1, session, events, _profile: profile };
        let target = browser.call("Target.createTarget", &json!({"url": "about:blank"}))?;
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", &attach)?;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), &json!({}))?;
        }
        Ok(browser)
    }

    /// Has the browser do something, and returns what it says.
    ///
    /// # Errors
    ///
    /// If it does not answer, or with an error.
    pub fn call(&mut self, method: &str, params: &Value) -> io::Result<Value> {
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.to.write_all(message.to_string().as_bytes())?;
        self.to.write_all(&[0])?;
        self.to.flush()?;
        loop {
            let mut message = self.receive(method)?;
            if message["id"] != id {
                self.events.push(message);
            } else if message["error"].is_object() {
                return Err(broken(&format!("{method}: {}", message["error"])));
            } else {
                return Ok(message["result"].take());
            }
        }
    }

    fn receive(&self, what: &str) -> io::Result<Value> {
        self.from.recv_timeout(PATIENCE).map_err(|e| broken(&format!("no answer to {what}: {e}")))
    }

    /// Looks at pages so from now on.
    ///
    /// # Errors
    ///
    /// See [`Browser::call`].
    pub fn look(&mut self, look: Look) -> io::Result<()> {
        let metrics = json!({
            "width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": look.width < 600,
        });
        self.call("Emulation.setDeviceMetricsOverride", &metrics)?;
        let theme = if look.is_dark { "dark" } else { "light" };
        let features = json!([{"name": "prefers-color-scheme", "value": theme}]);
        self.call("Emulation.setEmulatedMedia", &json!({"features": features}))?;
        let disabled = json!({"value": !look.has_scripts});
        self.call("Emulation.setScriptExecutionDisabled", &disabled)?;
        Ok(())
    }

    /// Opens a page and waits until it is loaded.
    ///
    /// # Errors
    ///
    /// If it cannot be opened.
    pub fn open(&mut self, url: &str) -> io::Result<()> {
        let is_loaded = |event: &Value| event["method"] == "Page.loadEventFired";
        self.events.retain(|event| !is_loaded(event));
        let opened = self.call("Page.navigate", &json!({"url": url}))?;
        if let Some(error) = opened["errorText"].as_str() {
            return Err(broken(&format!("{url}: {error}")));
        }
        // On a busy machine it is told before the answer is.
        while !self.events.iter().any(is_loaded) {
            let event = self.receive(url)?;
            self.events.push(event);
        }
        Ok(())
    }

    /// The value of an expression in the page; of a promise what it becomes.
    ///
    /// # Errors
    ///
    /// If it throws.
    pub fn evaluate(&mut self, expression: &str) -> io::Result<Value> {
        let params = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let mut evaluated = self.call("Runtime.evaluate", &params)?;
        if evaluated["exceptionDetails"].is_object() {
            return Err(broken(&format!("{expression}: {}", evaluated["exceptionDetails"])));
        }
        Ok(evaluated["result"]["value"].take())
    }

    /// Evaluates until the expression is true.
    ///
    /// # Errors
    ///
    /// If it never is.
    pub fn until(&mut self, expression: &str) -> io::Result<()> {
        let began = Instant::now();
        // The page's next frame is waited for between two looks.
        let next = format!(
            "new Promise((done) => requestAnimationFrame(() => done(Boolean({expression}))))"
        );
        while self.evaluate(&next)? != true {
            if PATIENCE < began.elapsed() {
                return Err(broken(&format!("never true: {expression}")));
            }
        }
        Ok(())
    }

    /// The whole page as a PNG picture, in base64.
    ///
    /// # Errors
    ///
    /// See [`Browser::call`].
    pub fn picture(&mut self) -> io::Result<String> {
        let metrics = self.call("Page.getLayoutMetrics", &json!({}))?;
        let size = &metrics["cssContentSize"];
        let clip = json!({
            "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1,
        });
        let params = json!({"format": "png", "captureBeyondViewport": true, "clip": clip});
        let taken = self.call("Page.captureScreenshot", &params)?;
        Ok(taken["data"].as_str().unwrap_or_default().to_owned())
    }

    /// What the console was told since this was asked last: logs, errors, refusals of a policy.
    pub fn console(&mut self) -> Vec<String> {
        let names = ["Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"];
        self.take(|event| {
            let is_said = names.contains(&event["method"].as_str().unwrap_or_default());
            is_said.then(|| event["params"].to_string())
        })
    }

    /// The addresses that were asked for since this was asked last.
    pub fn requests(&mut self) -> Vec<String> {
        self.take(|event| {
            let is_asked = event["method"] == "Network.requestWillBeSent";
            is_asked.then(|| event["params"]["request"]["url"].as_str().unwrap_or_default().into())
        })
    }

    fn take(&mut self, wanted: impl Fn(&Value) -> Option<String>) -> Vec<String> {
        let found = self.events.iter().filter_map(&wanted).collect();
        self.events.retain(|event| wanted(event).is_none());
        found
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        crate::program::kill_group(&mut self.child);
        self.child.wait().ok();
    }
}

fn broken(what: &str) -> io::Error {
    io::Error::other(what.to_owned())
}
