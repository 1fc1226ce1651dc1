// Command bundle makes what browsers load out of TypeScript and CSS.
//
//	go -C tools run ./bundle -dir ../internal/widget src/loader.ts src/widget.ts
//
// Each entry becomes dist/NAME.js or dist/NAME.css below -dir: bundled,
// minified, in ASCII, and the same bytes on every machine. A style sheet that a
// script imports becomes a minified string, for a constructable style sheet.
//
// It is a program of its own module so that esbuild is part of no binary that
// is shipped, and needs neither Node nor npm. It strips types and does not
// check them: that is "npm run check" in this folder.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

// engines are the oldest browsers with constructable style sheets, which the
// widget needs: older ones do without the button.
var engines = []api.Engine{
	{Name: api.EngineChrome, Version: "91"},
	{Name: api.EngineFirefox, Version: "101"},
	{Name: api.EngineSafari, Version: "16.4"},
}

func main() {
	dir := flag.String("dir", ".", "folder that holds the entries, and dist/ for the result")
	flag.Parse()
	if err := run(*dir, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

func run(dir string, entries []string) error {
	if len(entries) == 0 {
		return errors.New("no entry: name at least one file below -dir")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	for i, e := range entries {
		entries[i] = filepath.Join(dir, e)
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:       entries,
		AbsWorkingDir:     dir,
		Outdir:            filepath.Join(dir, "dist"),
		Write:             true,
		Bundle:            true,
		Format:            api.FormatIIFE,
		Platform:          api.PlatformBrowser,
		Engines:           engines,
		Charset:           api.CharsetASCII,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		TreeShaking:       api.TreeShakingTrue,
		TsconfigRaw:       `{"compilerOptions": {"strict": true, "useDefineForClassFields": true}}`,
		Plugins:           []api.Plugin{styleText},
		LogLevel:          api.LogLevelWarning,
	})
	if n := len(result.Errors) + len(result.Warnings); n > 0 {
		return fmt.Errorf("%d errors and warnings", n)
	}
	return nil
}

// styleText turns a style sheet that a script imports into a string.
var styleText = api.Plugin{
	Name: "style-text",
	Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `\.css$`}, func(a api.OnResolveArgs) (api.OnResolveResult, error) {
			if a.Kind == api.ResolveEntryPoint {
				return api.OnResolveResult{}, nil
			}
			return api.OnResolveResult{Path: filepath.Join(a.ResolveDir, a.Path), Namespace: "style-text"}, nil
		})
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: "style-text"}, loadStyle)
	},
}

func loadStyle(a api.OnLoadArgs) (api.OnLoadResult, error) {
	source, err := os.ReadFile(a.Path)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	css := api.Transform(string(source), api.TransformOptions{
		Loader:           api.LoaderCSS,
		Sourcefile:       a.Path,
		Engines:          engines,
		MinifyWhitespace: true,
		MinifySyntax:     true,
	})
	if len(css.Errors) > 0 {
		return api.OnLoadResult{Errors: css.Errors}, nil
	}
	text := string(css.Code)
	return api.OnLoadResult{Contents: &text, Loader: api.LoaderText}, nil
}
