package caddymodule

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

const (
	jwtShort = "Mints and inspects tokens, at the terminal"
	jwtLong  = `
Mints and inspects tokens, with the credentials of ZOOM_SDK_KEY and
ZOOM_SDK_SECRET in the environment, or in the file .env. Where neither is set,
ZOOM_COBROWSE_SDK_KEY and ZOOM_COBROWSE_SDK_SECRET are read.`

	mintUsage = `[--role customer|agent] [--user-id <id>] [--user-name <name>] [--ttl <duration>] [--byop] [--env-file <file>]`
	mintShort = "Prints a new token"
	mintLong  = `
Prints a token of the Cobrowse SDK. A customer's token starts a session; an
agent's opens every session whose PIN its holder knows, until it expires.

To see an agent's desk without any server, open this address, which must not
be kept or shown, since it has the token in it:

  https://us01-zcb.zoom.us/sdkapi/zcb/frame-templates/desk?access_token=<token>`
	mintExample = `  %[1]s mint --role customer --user-id 4711 --user-name "Ana García"
  %[1]s mint --role agent --ttl 1h`

	inspectUsage = `[--video] [--env-file <file>]`
	inspectShort = "Says what a token on standard input holds, and whether it is good"
	inspectLong  = `
Reads a token of the Cobrowse SDK, or a signature of the Video SDK, from
standard input, so that it stays out of the shell's history and of the process
list. Prints what it holds, without its signature, and whether Zoom would take
it. The exit status is 1 where Zoom would not.

The signature is checked with ZOOM_SDK_SECRET; with --video, for the Video SDK,
it is ZOOM_VIDEO_SDK_SECRET. Without the variable it is not checked.`
	inspectExample = `  %[1]s mint | %[1]s inspect
  %[1]s inspect --video < signature.txt`
)

// maxTokenInput bounds what is read of standard input.
const maxTokenInput = 64 << 10

// tokenCommands adds mint and inspect to the command.
func tokenCommands(cmd *cobra.Command) {
	name := caddyName() + " " + cmd.Name()
	mint := &cobra.Command{
		Use: "mint " + mintUsage, Short: mintShort, Long: mintLong,
		Example: fmt.Sprintf(mintExample, name), Args: cobra.NoArgs, RunE: runMint,
	}
	flags := mint.Flags()
	flags.String("role", "customer", "customer or agent")
	flags.String("user-id", "", "ID of the person, at most 35 characters (default random)")
	flags.String("user-name", "", "Name that the other side reads (default the ID)")
	flags.Duration("ttl", 0, "Life of the token, from 30m to 48h (default 30m)")
	flags.Bool("byop", false, "Add enable_byop, for sessions that bring their own PIN")
	addEnvFile(mint)

	inspect := &cobra.Command{
		Use: "inspect " + inspectUsage, Short: inspectShort, Long: inspectLong,
		Example: fmt.Sprintf(inspectExample, name), Args: cobra.NoArgs, RunE: runInspect,
	}
	inspect.Flags().Bool("video", false, "The token is a signature of the Video SDK")
	addEnvFile(inspect)
	cmd.AddCommand(mint, inspect)
}

func runMint(cmd *cobra.Command, _ []string) error {
	getenv, err := readEnv(cmd)
	if err != nil {
		return err
	}
	cfg, _, err := proxy.TokenServerFromEnv(withoutPort(getenv))
	if err != nil {
		return err
	}
	o := proxy.MintOptions{SDKKey: cfg.SDKKey, SDKSecret: cfg.SDKSecrets[0]}
	flags := cmd.Flags()
	for name, field := range map[string]*string{"role": &o.Role, "user-id": &o.UserID, "user-name": &o.UserName} {
		if *field, err = flags.GetString(name); err != nil {
			return err
		}
	}
	if o.TTL, err = flags.GetDuration("ttl"); err != nil {
		return err
	}
	if o.BYOP, err = flags.GetBool("byop"); err != nil {
		return err
	}
	return proxy.MintToken(cmd.OutOrStdout(), o)
}

// withoutPort hides the token server's port, which is no matter here.
func withoutPort(getenv func(string) string) func(string) string {
	return func(name string) string {
		if name == "PORT" {
			return ""
		}
		return getenv(name)
	}
}

func runInspect(cmd *cobra.Command, _ []string) error {
	getenv, err := readEnv(cmd)
	if err != nil {
		return err
	}
	key, secret, err := proxy.SDKVariables(getenv)
	if video, errFlag := cmd.Flags().GetBool("video"); errFlag != nil {
		return errFlag
	} else if video {
		key, secret, err = "ZOOM_VIDEO_SDK_KEY", "ZOOM_VIDEO_SDK_SECRET", nil //nolint:gosec // names, not secrets
	}
	if err != nil {
		return err
	}
	signed, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxTokenInput))
	if err != nil {
		return fmt.Errorf("reading the token from standard input: %w", err)
	}
	return proxy.InspectToken(cmd.OutOrStdout(), string(signed), proxy.InspectOptions{
		SDKKey: getenv(key), SDKSecret: getenv(secret),
	})
}
