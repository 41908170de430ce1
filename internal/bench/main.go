package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	"passkeyaudit/internal/tenantgen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var b bench
	f := flag.NewFlagSet("bench", flag.ContinueOnError)
	f.Usage = func() {
		fmt.Fprintln(f.Output(), "usage: bench [flags] USERS…   such as 10000 100000 1000000")
		f.PrintDefaults()
	}
	f.StringVar(&b.cache, "cache", "", "where the tenants are kept (a folder of the user's cache)")
	f.StringVar(&b.binary, "binary", "bin/passkeyaudit", "the program whose commands are measured")
	logs := f.String("sign-ins", "", "measure reading sign-in logs of these `LENGTHS` too, such as 200000,2000000")
	f.IntVar(&b.runs, "runs", 3, "how often to run each stage; the quickest counts")
	collecting := f.Bool("collect", false, "measure collecting from the look-alike instead of judging")
	stage := f.String("stage", "", "measure one stage in this process and print it as JSON; for the command itself")
	from := f.String("from", "", "the snapshot of -stage")
	profile := f.String("cpuprofile", "", "with -stage: write a CPU profile to `FILE`")
	heap := f.String("memprofile", "", "with -stage: write a profile of allocations to `FILE`")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *stage != "" {
		found, err := profiled(*profile, *heap, func() ([]measured, error) { return measureStage(ctx, *stage, *from) })
		if err != nil {
			return fmt.Errorf("stage %s: %w", *stage, err)
		}
		return json.NewEncoder(os.Stdout).Encode(found)
	}
	var sizes []int
	for _, arg := range f.Args() {
		n, err := strconv.Atoi(arg)
		if err != nil {
			return fmt.Errorf("the size %q is not a number", arg)
		}
		sizes = append(sizes, n)
	}
	var lengths []int
	for _, text := range strings.FieldsFunc(*logs, func(r rune) bool { return r == ',' }) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return fmt.Errorf("-sign-ins: %q is no number of sign-ins", text)
		}
		lengths = append(lengths, n)
	}
	if len(sizes)+len(lengths) == 0 {
		return errors.New("say how large: bench 10000 100000 1000000")
	}
	if b.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("finding a folder for the tenants: %w; name one with -cache", err)
		}
		b.cache = filepath.Join(dir, "passkeyaudit-bench")
	}
	if *collecting {
		return b.collecting(ctx, sizes)
	}
	return errors.Join(b.sizes(ctx, sizes), b.logs(ctx, lengths))
}

// tenantOf gives the folder of a tenant, made if it is not there.
func (b *bench) tenantOf(ctx context.Context, users int) (string, error) {
	// Tenants of before there were frames are slower to read.
	dir := filepath.Join(b.cache, fmt.Sprintf("v%d-frames-%d", tenantgen.Version, users))
	if _, err := os.Stat(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	return dir, b.make(ctx, dir, tenantgen.ForUsers(users))
}

// make makes a tenant in the cache.
func (b *bench) make(ctx context.Context, dir string, shape tenantgen.Shape) error {
	if err := os.MkdirAll(b.cache, 0o700); err != nil {
		return err
	}
	// A folder that is half made must not pass for a tenant.
	temp, err := os.MkdirTemp(b.cache, "making-*")
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "making a tenant of %d accounts in %s\n", shape.Users, dir)
	if err := tenantgen.Generate(ctx, temp, shape); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	return os.Rename(temp, dir)
}
