// Package inject puts one element into HTML documents on their way to a
// browser: HTML in, HTML out, streaming.
package inject
