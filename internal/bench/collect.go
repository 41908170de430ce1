package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"passkeyaudit/audit/snapshot"
	"passkeyaudit/graphclient"
	"passkeyaudit/graphclient/graphsim"
)

// budgetCollected is how much more memory collecting the largest of the tenants may
// take than collecting the smallest.
const budgetCollected = 64 << 20

// collecting measures the collector against the look-alike, without limits, and beside
// it what it costs to fetch and decode the same rows and drop them.
func (b *bench) collecting(ctx context.Context, sizes []int) error {
	fmt.Printf("\ncollecting from the look-alike without limits, in a process of its own\n")
	fmt.Printf("%-12s %-18s %9s %9s %10s %14s\n", "accounts", "what", "wall", "cpu", "peak", "objects/s")
	least, most := uint64(0), uint64(0)
	for _, users := range sizes {
		dir, err := b.tenantOf(ctx, users)
		if err != nil {
			return err
		}
		var floor, run measured
		objects := 0
		best, err := b.best(func() ([]measured, error) {
			m, n, err := b.collectOnce(ctx, dir)
			objects = n
			return []measured{m}, err
		})
		if err != nil {
			return err
		}
		run = best[0]
		if best, err = b.best(func() ([]measured, error) { return b.child(ctx, "decode", dir) }); err != nil {
			return err
		}
		floor = best[0]
		decoded, _ := strconv.Atoi(floor.Note)
		for _, row := range []struct {
			m measured
			n int
		}{{run, objects}, {floor, decoded}} {
			fmt.Printf("%-12d %-18s %8.2fs %8.2fs %10s %14.0f\n", users, row.m.Stage, row.m.Wall.Seconds(), row.m.CPU.Seconds(), mib(row.m.Peak), float64(row.n)/row.m.Wall.Seconds())
		}
		if least == 0 || run.Peak < least {
			least = run.Peak
		}
		most = max(most, run.Peak)
	}
	fmt.Printf("growth in memory: %s, the budget is %s\n", mib(most-least), mib(budgetCollected))
	if most-least > budgetCollected {
		return fmt.Errorf("collecting takes %s more for the largest tenant, the budget is %s", mib(most-least), mib(budgetCollected))
	}
	return nil
}

// serve starts a look-alike of a snapshot and returns where it is.
func serve(ctx context.Context, dir string) (l *graphsim.Listener, token string, err error) {
	snap, err := snapshot.Open(os.DirFS(dir))
	if err != nil {
		return nil, "", err
	}
	server, err := graphsim.New(snap, graphsim.Options{})
	if err != nil {
		return nil, "", err
	}
	l, err = server.Listen(ctx, "127.0.0.1:0")
	return l, server.Token(), err
}

// collectOnce runs the program against a look-alike in this process.
func (b *bench) collectOnce(ctx context.Context, dir string) (m measured, objects int, err error) {
	l, token, err := serve(ctx, dir)
	if err != nil {
		return m, 0, err
	}
	defer l.Close()
	temp, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return m, 0, err
	}
	defer os.RemoveAll(temp)
	ca := filepath.Join(temp, "ca.pem")
	if err := os.WriteFile(ca, l.CAPEM, 0o600); err != nil {
		return m, 0, err
	}
	out := filepath.Join(temp, "snapshot")
	cmd := exec.CommandContext(ctx, b.binary, "collect", "--out", out, "--quiet", "--limits", "none",
		"--graph-url", l.URL, "--ca-file", ca, "--auth", "access-token")
	cmd.Env = append(os.Environ(), "PASSKEYAUDIT_ACCESS_TOKEN="+token)
	cmd.Stderr = os.Stderr
	if m, err = watched("collect", cmd); err != nil {
		return m, 0, err
	}
	if m.Note != "exit code 0" {
		return m, 0, errors.New("collecting ended with " + m.Note)
	}
	snap, err := snapshot.Open(os.DirFS(out))
	if err != nil {
		return m, 0, err
	}
	for _, e := range snap.Manifest().Sections {
		if e.Objects != nil {
			objects += *e.Objects
		}
	}
	return m, objects, nil
}

// measureDecode fetches the large sections and drops their rows. The look-alike is in
// the same process, so memory says nothing and the processor's time is of both.
func measureDecode(ctx context.Context, dir string) ([]measured, error) {
	l, token, err := serve(ctx, dir)
	if err != nil {
		return nil, err
	}
	defer l.Close()
	temp, err := os.MkdirTemp("", "bench-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	ca := filepath.Join(temp, "ca.pem")
	if err := os.WriteFile(ca, l.CAPEM, 0o600); err != nil {
		return nil, err
	}
	client, err := graphclient.New(ctx, graphclient.Config{Auth: graphclient.AuthAccessToken, GraphURL: l.URL, CAFile: ca, Getenv: func(name string) string {
		if name == "PASSKEYAUDIT_ACCESS_TOKEN" {
			return token
		}
		return ""
	}})
	if err != nil {
		return nil, err
	}
	rows := 0
	pages := graphclient.Query{Top: 999}
	m, err := measure("fetch and decode", func() (string, error) {
		for _, r := range []graphclient.Request{graphclient.Users(pages), graphclient.UserRegistrationDetails(graphclient.Query{}), graphclient.Devices(pages), graphclient.ManagedDevices(graphclient.Query{})} {
			for page, err := range client.Pages(ctx, r) {
				if err != nil {
					return "", err
				}
				rows += len(page.Rows)
			}
		}
		return strconv.Itoa(rows), nil
	})
	m.Peak = 0
	return []measured{m}, err
}

// watched runs a process and asks for its peak of memory as long as it runs. What it
// grows in the last moment is missed.
func watched(stage string, cmd *exec.Cmd) (measured, error) {
	m := measured{Stage: stage}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return m, fmt.Errorf("starting %s (make build makes it): %w", cmd.Path, err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	process := strconv.Itoa(cmd.Process.Pid)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	var err error
	for running := true; running; {
		select {
		case err = <-done:
			running = false
		case <-tick.C:
			m.Peak = max(m.Peak, peakMemory(process))
		}
	}
	m.Wall = time.Since(start)
	m.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	m.Note = fmt.Sprintf("exit code %d", cmd.ProcessState.ExitCode())
	var exited *exec.ExitError
	if err != nil && !errors.As(err, &exited) {
		return m, err
	}
	return m, nil
}
