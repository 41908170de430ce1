package cli_test

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"passkeyaudit/internal/cli"
	"passkeyaudit/internal/term"
)

var update = flag.Bool("update", false, "rewrite the expected output inside the scripts")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"passkeyaudit": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			code := cli.Main(ctx, cli.Deps{IO: term.System(), Version: "v0.0.0-test"}, os.Args[1:])
			stop()
			os.Exit(code)
		},
	})
}

// TestScripts runs every command line of testdata/script as a process of its own.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}
