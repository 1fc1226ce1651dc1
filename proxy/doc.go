// Package proxy puts Zoom Cobrowse on a site that nobody has to change.
//
// # What
//
// A [Middleware] stands in front of a site. It inserts one script element at
// the top of the head of every HTML document, adjusts the site's
// Content-Security-Policy so that the script and Zoom's SDK may run, and owns
// everything below one path prefix (/_cobrowse): the script itself, the token
// endpoint, the agents' desk, and the page where a session continues by video.
//
// # Why
//
// Zoom asks for a snippet on every page, changes to the policy, a token server
// and a page for the agents. Sites that are old, bought or certified cannot be
// changed in four places, but they all have a reverse proxy.
//
// # How
//
// A request passes these doors, in this order:
//
//  1. path.go: is the path ours, foreign, or a disguise of ours?
//  2. document.go: does the browser want a document? Everything else goes
//     through without a wrapper, at the speed of the proxy around us.
//  3. document.go again: do the operator's rules allow it?
//  4. validators.go: conditional and range headers that would bring back a
//     page without our element are taken off.
//  5. writer.go: the response's header decides whether the body is rewritten.
//  6. decision.go: once package inject has found the head, the policies, the
//     element and the header fields are settled together, and bytes flow.
//
// A fault of ours never breaks the page: in doubt the site's bytes go out as
// they came, and the reason is counted. A fault of ours never hands out an
// agent token: in doubt there is none.
//
// # What it costs
//
// Beside Caddy's 80 to 110 µs of CPU for a small proxied page, one that we
// rewrite takes some 10 µs more, and 20 to 35 µs if it is compressed, whatever
// its size. Two thirds of that are our own code, the rest what it costs others:
// memory to collect, and caches that hold less of theirs. What makes a page dear
// is not the search for its head (0.2 µs) but writes to sockets, at 5 µs and
// more each. So no page takes more of them than it would without us, and
// compressed or chunked ones take fewer: package inject fits its first write to
// net/http's buffer, knows a gzip trailer by Content-Length, and joins what
// belongs together.
//
// What is left cannot well be saved. The header is copied twice, since a site
// may keep and change its map while a timer of ours edits the other. Nothing is
// held for a larger write where bytes could go out, since a browser wants the
// first of them early. Of the compressed pages' cost about half is a pass over
// 32 KiB of DEFLATE symbols, see package splice; below 20 KB that is all of the
// page, so that beside so little other work it shows most.
//
// Caddy users need not know this package: package caddymodule explains it to
// Caddy, whose reverse_proxy then does the proxying, so that the name of this
// package tells the truth only for [NewReverseProxy] and [Wrap], which serve
// programs that use net/http.
package proxy
