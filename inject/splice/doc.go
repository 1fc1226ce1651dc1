// Package splice puts bytes into a gzip stream without compressing it anew.
package splice
