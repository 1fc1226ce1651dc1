package caddymodule

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// tools are the commands beside proxy and demo: each fills a command of its name.
var tools = []struct {
	name, usage, short, long string
	fill                     func(*cobra.Command)
}{
	{"token-server", authServerUsage, authServerShort, authServerLong, tokenServerFlags},
	{"token", "<command>", jwtShort, jwtLong, tokenCommands},
	{"audit", "<command>", auditShort, auditLong, auditCommands},
}

// ToolCommands returns the commands "token-server", "token" and "audit", for a
// program of its own to register as it does [ProxyCommand]. In other builds they
// are below "caddy cobrowse".
func ToolCommands() []caddycmd.Command {
	var commands []caddycmd.Command
	for _, t := range tools {
		commands = append(commands, caddycmd.Command{Name: t.name, Usage: t.usage, Short: t.short, Long: t.long, CobraFunc: t.fill})
	}
	return commands
}

// addTools adds the tools to a parent.
func addTools(parent *cobra.Command) {
	for _, t := range tools {
		cmd := &cobra.Command{Use: t.name + " " + t.usage, Short: t.short, Long: t.long}
		t.fill(cmd)
		parent.AddCommand(cmd)
	}
}

// envFile is the flag --env-file.
const (
	envFileFlag    = "env-file"
	defaultEnvFile = ".env"
)

func addEnvFile(cmd *cobra.Command) {
	cmd.Flags().String(envFileFlag, "", "File of lines NAME=value, where the environment lacks a variable (default .env, where it is there)")
}

// readEnv returns a lookup in the environment, and in the .env file for what is not
// there. A file that was named must exist.
func readEnv(cmd *cobra.Command) (func(name string) string, error) {
	name, err := cmd.Flags().GetString(envFileFlag)
	if err != nil {
		return nil, err
	}
	named := name != ""
	if !named {
		name = defaultEnvFile
	}
	variables, err := readEnvFile(name)
	if err != nil && (named || !errors.Is(err, fs.ErrNotExist)) {
		return nil, err
	}
	return func(name string) string {
		if value, set := os.LookupEnv(name); set {
			return value
		}
		return variables[name]
	}, nil
}

func readEnvFile(name string) (map[string]string, error) {
	file, err := os.Open(name) //nolint:gosec // the person at the keyboard named it
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", envFileFlag, err)
	}
	defer func() { _ = file.Close() }()
	return proxy.ReadEnvFile(io.LimitReader(file, 1<<20))
}
