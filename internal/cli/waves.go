package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"passkeyaudit/audit"
	"passkeyaudit/audit/readiness"
	"passkeyaudit/audit/report/csv"
)

// writeWaves writes a file of people for every wave into a folder, and one that counts
// them by department, country, role and group.
func writeWaves(ctx context.Context, dir string, r *readiness.Report, run *audit.Run) (err error) {
	members, err := r.Members(ctx, run)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files := map[string]*csv.WaveFile{}
	var open []*os.File
	defer func() {
		for _, f := range open {
			err = errors.Join(err, f.Close())
		}
	}()
	create := func(name string) (*os.File, error) {
		f, err := os.OpenFile(filepath.Join(dir, name+".csv"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
		if err == nil {
			open = append(open, f)
		}
		return f, err
	}
	for _, wave := range readiness.Waves {
		f, err := create(wave)
		if err != nil {
			return err
		}
		if files[wave], err = csv.NewWaveFile(f); err != nil {
			return err
		}
	}
	var counts csv.Breakdown
	for p := range members {
		counts.Add(&p)
		if err := files[p.Wave].Add(&p, r.ChangeText); err != nil {
			return err
		}
	}
	for _, wave := range readiness.Waves {
		if err := files[wave].Close(); err != nil {
			return fmt.Errorf("writing the wave %s: %w", wave, err)
		}
	}
	f, err := create("breakdown")
	if err != nil {
		return err
	}
	return counts.Write(io.Writer(f))
}
