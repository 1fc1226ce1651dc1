package caddymodule

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
)

const (
	auditShort = "Checks the record of who was let into whose session"
	auditLong  = `
Checks the tamper-evident record that "audit" in the cobrowse block keeps.`

	auditVerifyUsage = `[--key-env <name>] [--key-file <file>] [--checkpoint <chain:seq:mac>] <file>...`
	auditVerifyShort = "Says whether the record is as it was written"
	auditVerifyLong  = `
Checks files of the record, in any order: that no line was edited, dropped, put
in or moved. It prints in words what is wrong, with file and line, and the
checkpoint, which names the last line. The exit status is 1 where something is
wrong.

Lines that are cut off at the end are found only with a checkpoint: note the one
that is printed where nobody who can write to the record's disk can, and give it
to the next check.

The key is that of the cobrowse block: the environment variable
COBROWSE_AUDIT_KEY, unless --key-env or --key-file name others. Both may be
repeated where the key was changed.`
	auditVerifyExample = `  %[1]s verify /var/log/cobrowse/audit*.jsonl
  %[1]s verify --key-file /run/secrets/audit_key --checkpoint 0d2f...:1041:9b1e... audit*.jsonl`
)

// defaultAuditKeyEnv is the variable of defaultAuditKey.
const defaultAuditKeyEnv = "COBROWSE_AUDIT_KEY"

// auditCommands adds verify to the command.
func auditCommands(cmd *cobra.Command) {
	verify := &cobra.Command{
		Use: "verify " + auditVerifyUsage, Short: auditVerifyShort, Long: auditVerifyLong,
		Example: fmt.Sprintf(auditVerifyExample, caddyName()+" "+cmd.Name()),
		RunE:    runAuditVerify,
	}
	flags := verify.Flags()
	flags.StringSlice("key-env", nil, "Environment variable that has the key (repeatable; default COBROWSE_AUDIT_KEY)")
	flags.StringSlice("key-file", nil, "File that has the key (repeatable)")
	flags.String("checkpoint", "", "A checkpoint that was noted earlier: the line must still be there")
	cmd.AddCommand(verify)
}

func runAuditVerify(cmd *cobra.Command, files []string) error {
	if len(files) == 0 {
		return errors.New("no file is named: give the record's files, such as /var/log/cobrowse/audit*.jsonl")
	}
	options := audit.VerifyOptions{}
	noted, err := cmd.Flags().GetString("checkpoint")
	if err != nil {
		return err
	}
	if noted != "" {
		if options.Checkpoint, err = audit.ParseCheckpoint(noted); err != nil {
			return err
		}
	}
	if options.Keys, err = auditKeys(cmd); err != nil {
		return err
	}
	return audit.VerifyFiles(cmd.OutOrStdout(), options, files...)
}

// auditKeys reads the keys that the flags name. The errors name the places, and
// never what is there.
func auditKeys(cmd *cobra.Command) ([]audit.Key, error) {
	names, err := cmd.Flags().GetStringSlice("key-env")
	if err != nil {
		return nil, err
	}
	files, err := cmd.Flags().GetStringSlice("key-file")
	if err != nil {
		return nil, err
	}
	if len(names)+len(files) == 0 {
		names = []string{defaultAuditKeyEnv}
	}
	var keys []audit.Key
	add := func(place, secret string) error {
		key, err := audit.NewKey([]byte(secret))
		if err != nil {
			return fmt.Errorf("%s: %w", place, err)
		}
		keys = append(keys, key)
		return nil
	}
	for _, name := range names {
		secret := os.Getenv(name)
		if secret == "" {
			return nil, fmt.Errorf("the environment variable %s is not set, or empty: set it to the key of the record, or name another place with --key-env or --key-file", name)
		}
		if err := add("the key in "+name, secret); err != nil {
			return nil, err
		}
	}
	for _, name := range files {
		secret, err := os.ReadFile(name) //nolint:gosec // the person at the keyboard named it
		if err != nil {
			return nil, fmt.Errorf("--key-file: %w", err)
		}
		// As Caddy reads {file.…}: the line feed at the end belongs to the file.
		if err := add("the key in "+name, strings.TrimSuffix(strings.TrimSuffix(string(secret), "\n"), "\r")); err != nil {
			return nil, err
		}
	}
	return keys, nil
}
