package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"
)

// The budgets of judging a tenant of a million accounts and 64 policies on two
// cores, the sign-in log not counted.
const (
	budgetUsers  = 1_000_000
	budgetFloor  = 4.0 // times the floor
	budgetWall   = 8 * time.Second
	budgetMemory = 768 << 20
	budgetGrowth = 11.0 // from a tenth of the accounts
)

type bench struct {
	cache, binary string
	runs          int
}

// sizes measures tenants of several sizes. The error names the budgets that were
// not kept.
func (b *bench) sizes(ctx context.Context, sizes []int) error {
	audits := map[int]measured{}
	var over []error
	fmt.Printf("%s, %s/%s, %d processors; the quickest of %d runs\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), b.runs)
	for _, users := range sizes {
		floor, audit, err := b.size(ctx, users)
		if err != nil {
			return err
		}
		audits[users] = audit
		fmt.Printf("%-28s %.2f × wall, %.2f × CPU\n", "audit against the floor", ratio(audit.Wall, floor.Wall), ratio(audit.CPU, floor.CPU))
		growth := 0.0
		if tenth, ok := audits[users/10]; ok {
			growth = ratio(audit.Wall, tenth.Wall)
			fmt.Printf("%-28s %.1f × wall\n", fmt.Sprintf("growth from %d", users/10), growth)
		}
		if users == budgetUsers {
			over = append(over, exceeded(floor, audit, growth)...)
		}
	}
	return errors.Join(over...)
}

// exceeded lists the budgets that an audit did not keep.
func exceeded(floor, audit measured, growth float64) (over []error) {
	if times := ratio(audit.Wall, floor.Wall); times > budgetFloor {
		over = append(over, fmt.Errorf("the audit takes %.2f times the floor, the budget is %.0f", times, budgetFloor))
	}
	if audit.Wall > budgetWall {
		over = append(over, fmt.Errorf("the audit takes %v, the budget is %v", audit.Wall.Round(10*time.Millisecond), budgetWall))
	}
	if audit.Peak > budgetMemory {
		over = append(over, fmt.Errorf("the audit holds %s, the budget is %s", mib(audit.Peak), mib(budgetMemory)))
	}
	if growth > budgetGrowth {
		over = append(over, fmt.Errorf("the audit takes %.1f times as long as for a tenth of the accounts, the budget is %.0f", growth, budgetGrowth))
	}
	return over
}

func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

func (b *bench) size(ctx context.Context, users int) (floor, audit measured, err error) {
	dir, err := b.tenantOf(ctx, users)
	if err != nil {
		return floor, audit, err
	}
	stored, err := size(dir)
	if err != nil {
		return floor, audit, err
	}
	fmt.Printf("\n%d accounts, %d MB stored\n", users, stored/1e6)
	fmt.Printf("%-28s %9s %9s %12s %10s\n", "stage", "wall", "cpu", "allocated", "peak")
	for _, stage := range []string{"floor", "digest", "facts", "checks"} {
		best, err := b.best(func() ([]measured, error) { return b.child(ctx, stage, dir) })
		if err != nil {
			return floor, audit, err
		}
		for _, m := range best {
			show(m)
		}
		if stage == "floor" {
			floor = best[0]
		}
	}
	best, err := b.best(func() ([]measured, error) { return b.audit(ctx, dir) })
	if err != nil {
		return floor, audit, err
	}
	show(best[0])
	return floor, best[0], nil
}

// best repeats a stage and gives the run that took the least time.
func (b *bench) best(work func() ([]measured, error)) ([]measured, error) {
	var best []measured
	total := func(list []measured) (sum time.Duration) {
		for _, m := range list {
			sum += m.Wall
		}
		return sum
	}
	for range max(b.runs, 1) {
		found, err := work()
		if err != nil {
			return nil, err
		}
		if best == nil || total(found) < total(best) {
			best = found
		}
	}
	return best, nil
}

// child measures a stage in a process of its own.
func (b *bench) child(ctx context.Context, stage, dir string) ([]measured, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-stage", stage, "-from", dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("stage %s: %w", stage, err)
	}
	var found []measured
	return found, json.Unmarshal(out.Bytes(), &found)
}

// audit runs the whole program. Its exit code says what it found, not whether it
// worked; only 2 and 4 are failures.
func (b *bench) audit(ctx context.Context, dir string) ([]measured, error) {
	temp, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	cmd := exec.CommandContext(ctx, b.binary, "audit", "--from", dir, "--format", "json", "--quiet", "--fail-on", "never",
		"--output", filepath.Join(temp, "report.json"))
	cmd.Stderr = os.Stderr
	m, err := watched("audit (process)", cmd)
	if err != nil {
		return nil, err
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != 3 {
		return nil, fmt.Errorf("the audit ended with %d", code)
	}
	return []measured{m}, nil
}

func show(m measured) {
	fmt.Printf("%-28s %8.3fs %9s %12s %10s  %s\n", m.Stage, m.Wall.Seconds(), told(m.CPU > 0, fmt.Sprintf("%.2fs", m.CPU.Seconds())),
		told(m.Allocated > 0, mib(m.Allocated)), told(m.Peak > 0, mib(m.Peak)), m.Note)
}

// told is a figure, or a dash where the system does not tell it or it is too small
// to be measured.
func told(ok bool, text string) string {
	if !ok {
		return "-"
	}
	return text
}

func mib(bytes uint64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

// size is how many bytes are stored in a folder.
func size(dir string) (bytes int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			bytes += info.Size()
		}
		return err
	})
	return bytes, err
}
