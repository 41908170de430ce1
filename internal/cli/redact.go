package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/redact"
	"passkeyaudit/audit/snapshot"
)

type snapshotRedactOptions struct {
	Out, KeyFile string
	Plain        bool
}

func newSnapshotRedactCmd(d *Deps) *cobra.Command {
	var o snapshotRedactOptions
	cmd := &cobra.Command{
		Use:   "redact DIR --out DIR",
		Short: "Make a copy of a snapshot without names: pseudonyms everywhere, the same verdicts",
		Long: `Make a copy of a snapshot in which names, user principal names, mail addresses, ids, addresses, device names, and the names of
groups and policies are pseudonyms, also in free text and in members that nobody knows. An audit of the copy finds the same.

Pseudonyms are keyed: without the key nobody can try whether a name gives a pseudonym. Without --key-file the key is made
up and thrown away. With one, copies of several days have the same pseudonyms and can be compared; whoever has the key can
try names. The file is made if it is not there.`,
		Example: `  passkeyaudit snapshot redact ./snapshot --out ./copy
  passkeyaudit snapshot redact ./friday --out ./friday-copy --key-file pseudonyms.key`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return snapshotRedact(cmd.Context(), d, o, args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.Out, "out", "", "the `DIR` to write, empty or absent")
	f.StringVar(&o.KeyFile, "key-file", "", "take the key from `FILE`, or make it there")
	f.BoolVar(&o.Plain, "plain", false, "write readable files instead of compressed ones")
	cobra.CheckErr(cmd.MarkFlagDirname("out"))
	return cmd
}

func snapshotRedact(ctx context.Context, d *Deps, o snapshotRedactOptions, dir string) error {
	if o.Out == "" {
		return usagef("say where the copy goes: --out DIR")
	}
	snap, err := openSnapshot(dir)
	if err != nil {
		return err
	}
	r, err := redactor(o.KeyFile)
	if err != nil {
		return err
	}
	enc := snapshot.Zstd
	if o.Plain {
		enc = snapshot.Plain
	}
	if err := r.Write(ctx, snap, o.Out, enc); err != nil {
		return fmt.Errorf("making the copy: %w", err)
	}
	if o.KeyFile == "" {
		fmt.Fprintln(d.IO.Err, "passkeyaudit: the key was made up and is not kept: another copy will have other pseudonyms")
	}
	return nil
}

// redactor has the key of a file, or one that nobody keeps.
func redactor(keyFile string) (*redact.Redactor, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if keyFile != "" {
		stored, err := os.ReadFile(keyFile)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if err := os.WriteFile(keyFile, key, 0o600); err != nil {
				return nil, fmt.Errorf("keeping the key: %w", err)
			}
		case err != nil:
			return nil, fmt.Errorf("reading the key: %w", err)
		default:
			key = stored
		}
	}
	r, err := redact.New(key)
	if err != nil {
		return nil, usagef("--key-file %s: %w", keyFile, err)
	}
	return r, nil
}

// redactOptions are the flags with which a judging command names nobody.
type redactOptions struct {
	Pseudonymise bool
	KeyFile      string
}

func (o *redactOptions) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&o.Pseudonymise, "pseudonymise", false, "judge a copy without names: the result has pseudonyms everywhere")
	f.StringVar(&o.KeyFile, "key-file", "", "with --pseudonymise, take the key from `FILE`, or make it there (one that nobody keeps)")
}

// redacted gives the snapshot to judge, and the settings for it. cleanUp removes the copy.
func (o *redactOptions) redacted(ctx context.Context, snap *snapshot.Snapshot, s audit.Settings) (to *snapshot.Snapshot, settings audit.Settings, cleanUp func() error, err error) {
	none := func() error { return nil }
	if !o.Pseudonymise {
		if o.KeyFile != "" {
			return nil, s, nil, usagef("--key-file belongs to --pseudonymise")
		}
		return snap, s, none, nil
	}
	r, err := redactor(o.KeyFile)
	if err != nil {
		return nil, s, nil, err
	}
	if s, err = pseudonyms(r, s); err != nil {
		return nil, s, nil, err
	}
	dir, err := os.MkdirTemp("", "passkeyaudit-*")
	if err != nil {
		return nil, s, nil, fmt.Errorf("making a folder for the copy: %w", err)
	}
	cleanUp = func() error { return os.RemoveAll(dir) }
	copied := filepath.Join(dir, "copy")
	if err := r.Write(ctx, snap, copied, snapshot.Zstd); err != nil {
		return nil, s, nil, errors.Join(fmt.Errorf("making the copy without names: %w", err), cleanUp())
	}
	if to, err = openSnapshot(copied); err != nil {
		return nil, s, nil, errors.Join(err, cleanUp())
	}
	return to, s, cleanUp, nil
}

// pseudonyms are settings that name accounts and groups as the copy does. Patterns of
// names and fingerprints of findings have no counterpart there.
func pseudonyms(r *redact.Redactor, s audit.Settings) (audit.Settings, error) {
	mapped := func(names []string) []string {
		out := make([]string, len(names))
		for i, name := range names {
			out[i] = r.Account(name)
		}
		return out
	}
	s.EmergencyAccounts, s.BootstrapGroups = mapped(s.EmergencyAccounts), mapped(s.BootstrapGroups)
	kinds := map[string]audit.AccountKind{}
	for name, kind := range s.Kinds {
		if strings.Contains(name, "*") {
			return s, usagef("--pseudonymise cannot follow the pattern %q under kinds: name the accounts, or leave it out", name)
		}
		kinds[r.Account(name)] = kind
	}
	s.Kinds = kinds
	for _, a := range s.Accept {
		if a.Fingerprint != "" {
			return s, usagef("--pseudonymise cannot follow accepted fingerprints, which hold ids: make the copy with 'snapshot redact' and accept findings of its audit")
		}
	}
	return s, nil
}
