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
	"slices"
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

// measuredCommands are those with a budget, in the order of the report.
var measuredCommands = []string{"audit", "readiness"}

// sizes measures tenants of several sizes. The error names the budgets that were
// not kept.
func (b *bench) sizes(ctx context.Context, sizes []int) error {
	whole := map[string]measured{} // by command and size
	var over []error
	fmt.Printf("%s, %s/%s, %d processors; the quickest of %d runs\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), b.runs)
	for _, users := range sizes {
		found, err := b.size(ctx, users)
		if err != nil {
			return err
		}
		for _, command := range measuredCommands {
			floor, run := found[floorOf+command], found[command]
			whole[fmt.Sprint(command, users)] = run
			fmt.Printf("%-28s %.2f × wall, %.2f × CPU\n", command+" against its floor", ratio(run.Wall, floor.Wall), ratio(run.CPU, floor.CPU))
			growth := 0.0
			if tenth, ok := whole[fmt.Sprint(command, users/10)]; ok {
				growth = ratio(run.CPU, tenth.CPU)
				fmt.Printf("%-28s %.1f × wall, %.1f × CPU\n", fmt.Sprintf("%s from %d", command, users/10), ratio(run.Wall, tenth.Wall), growth)
			}
			if users == budgetUsers {
				over = append(over, exceeded(command, floor, run, growth)...)
			}
		}
	}
	return errors.Join(over...)
}

// exceeded lists the budgets that a command did not keep.
func exceeded(command string, floor, run measured, growth float64) (over []error) {
	if times := ratio(run.Wall, floor.Wall); times > budgetFloor {
		over = append(over, fmt.Errorf("%s takes %.2f times the floor, the budget is %.0f", command, times, budgetFloor))
	}
	if run.Wall > budgetWall {
		over = append(over, fmt.Errorf("%s takes %v, the budget is %v", command, run.Wall.Round(10*time.Millisecond), budgetWall))
	}
	if run.Peak > budgetMemory {
		over = append(over, fmt.Errorf("%s holds %s, the budget is %s", command, mib(run.Peak), mib(budgetMemory)))
	}
	if growth > budgetGrowth {
		over = append(over, fmt.Errorf("%s takes %.1f times as long as for a tenth of the accounts, the budget is %.0f", command, growth, budgetGrowth))
	}
	return over
}

func ratio(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// size measures a tenant, by stage.
func (b *bench) size(ctx context.Context, users int) (map[string]measured, error) {
	dir, err := b.tenantOf(ctx, users)
	if err != nil {
		return nil, err
	}
	stored, err := size(dir)
	if err != nil {
		return nil, err
	}
	fmt.Printf("\n%d accounts, %d MB stored\n", users, stored/1e6)
	fmt.Printf("%-28s %9s %9s %12s %10s\n", "stage", "wall", "cpu", "allocated", "peak")
	found := map[string]measured{}
	note := func(list []measured, err error) error {
		for _, m := range list {
			show(m)
			found[m.Stage] = m
		}
		return err
	}
	for _, stage := range []string{floorOf + "audit", floorOf + "readiness", "digest", "facts", "checks"} {
		if err := note(b.best(func() ([]measured, error) { return b.child(ctx, stage, dir) })); err != nil {
			return nil, err
		}
	}
	for _, command := range measuredCommands {
		if err := note(b.best(func() ([]measured, error) { return b.process(ctx, command, dir) })); err != nil {
			return nil, err
		}
	}
	return found, nil
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

// process runs a command of the program. Its exit code says what it found, not whether
// it worked; only 2 and 4 are failures.
func (b *bench) process(ctx context.Context, command, dir string) ([]measured, error) {
	temp, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	cmd := exec.CommandContext(ctx, b.binary, append(slices.Clone(commands[command]), "--from", dir, "--output", filepath.Join(temp, "out"))...)
	cmd.Stderr = os.Stderr
	m, err := watched(command, cmd)
	if err != nil {
		return nil, err
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 && code != 1 && code != 3 {
		return nil, fmt.Errorf("%s ended with %d", command, code)
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
