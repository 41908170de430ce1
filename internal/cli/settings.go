package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"passkeyaudit/audit"
	"passkeyaudit/audit/facts/access"
	"passkeyaudit/audit/facts/bootstrap"
	"passkeyaudit/audit/facts/population"
	"passkeyaudit/audit/report"
	"passkeyaudit/audit/runner"
	"passkeyaudit/checks"
	"passkeyaudit/internal/config"
)

// settingsOptions is the flag with which a judging command takes a configuration.
type settingsOptions struct{ Config string }

func (o *settingsOptions) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.Config, "config", "", "judge by the settings in `FILE`, YAML; 'passkeyaudit config check' validates it")
	cobra.CheckErr(cmd.MarkFlagFilename("config", "yaml", "yml"))
}

// settings are those of the file, or the defaults. Mistakes in the file are the
// caller's.
func (o *settingsOptions) settings() (audit.Settings, error) {
	c, err := o.read()
	if err != nil {
		return audit.Settings{}, err
	}
	return c.Settings, nil
}

func (o *settingsOptions) read() (*config.Config, error) {
	if o.Config == "" {
		return &config.Config{}, nil
	}
	c, err := config.Read(o.Config, vocabulary())
	if mistake, ok := errors.AsType[*config.Error](err); ok {
		return nil, usagef("the configuration has mistakes:\n%w", mistake)
	}
	return c, err
}

// vocabulary is what a configuration may name.
func vocabulary() config.Vocabulary {
	return config.Vocabulary{Checks: checks.All(), Switches: switchNames()}
}

// switchNames are the rules that no source settles and that a configuration may turn.
func switchNames() []string {
	return append(bootstrap.SwitchNames(), access.ApprovedApplicationRetired)
}

// settingsHeader is what every report says about the settings of its run.
func settingsHeader(ctx context.Context, run *audit.Run) (audit.SettingsHeader, error) {
	s := run.Settings()
	dir, err := audit.Evaluate(ctx, run, population.Users)
	if err != nil {
		return audit.SettingsHeader{}, err
	}
	return audit.SettingsHeader{
		Digest: s.Digest(), Default: s.Default(), SectionsOff: s.SectionsOff, AccountsNotFound: dir.NotFound,
	}, nil
}

// warnOfSettings says what in the settings did not do what it was written for. The
// report says so too; the warning is for those who only look at the exit code. It
// names no accounts and quotes no reasons.
func warnOfSettings(d *Deps, h audit.SettingsHeader, r *runner.Results) {
	for _, a := range r.AcceptExpired {
		fmt.Fprintf(d.IO.Err, "passkeyaudit: warning: %s\n", report.ExpiredPhrase(a))
	}
	for _, a := range r.AcceptUnmatched {
		fmt.Fprintf(d.IO.Err, "passkeyaudit: warning: %s\n", report.UnmatchedPhrase(a))
	}
	if n := len(h.AccountsNotFound); n > 0 {
		fmt.Fprintf(d.IO.Err, "passkeyaudit: warning: the configuration names %s that the tenant does not have; the report lists them\n",
			audit.CountPhrase(n, "account", "accounts"))
	}
}
