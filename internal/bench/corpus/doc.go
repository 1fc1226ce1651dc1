// Package corpus asks real browsers what they make of spliced pages.
//
// That a spliced body inflates to the page with the tag in it, three inflaters
// say (TestCorpus in inject/splice). What counts in the end is what a browser
// builds of it: so Chromium and Firefox load real pages, taken from the
// documentation packages that "make corpus" installs, each once as it is and
// once spliced, over HTTP with Content-Encoding: gzip. The two documents must be
// equal, node by node, bar one script element: the first element of head.
//
// Nothing drives the browsers: each is started with a fresh profile on a page of
// the test's own, which loads the pages into a frame, one by one, compares the
// documents, and posts what it found. The frame is sandboxed, so that no script
// of a page has a part in the outcome; names other than the loopback interface's
// do not exist.
//
// The package has tests only. As part of "go test" it takes a few pages of the
// Go installation.
package corpus
