//! The page's files and the API's description, which are inside the program.

use hyper::body::Bytes;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// A file: its path on the server, its type, and what is in it.
type File = (&'static str, &'static str, &'static str);

const FILES: [File; 7] = [
    ("/", HTML, include_str!("page/page.html")),
    ("/page.css", CSS, include_str!("page/page.css")),
    ("/page.js", SCRIPT, include_str!("page/page.js")),
    ("/pad.js", SCRIPT, include_str!("page/pad.js")),
    ("/asking.js", SCRIPT, include_str!("page/asking.js")),
    ("/views.js", SCRIPT, include_str!("page/views.js")),
    ("/api", TEXT, include_str!("api.txt")),
];

/// The type and the content of a path's file.
pub fn find(path: &str) -> Option<(&'static str, Bytes)> {
    let (_, content_type, content) = FILES.iter().find(|(name, ..)| *name == path)?;
    Some((content_type, Bytes::from_static(content.as_bytes())))
}
