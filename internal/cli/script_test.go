package cli_test

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"os/signal"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"passkeyaudit/audit/snapshot"
	"passkeyaudit/fixtures"
	"passkeyaudit/graphclient/graphsim"
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

// TestLiveScripts runs those of testdata/live, which talk to a look-alike of Graph:
//
//	lookalike [-demo | -from DIR] [-roles PERMISSION,…] [PATH=FAULT …]
//
// starts one and sets GRAPH_URL and CA_FILE; PASSKEYAUDIT_ACCESS_TOKEN has its token. They
// have the command follows, too.
func TestLiveScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/live",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"lookalike": lookalike, "follows": follows},
	})
}

func lookalike(ts *testscript.TestScript, _ bool, args []string) {
	flags := flag.NewFlagSet("lookalike", flag.ContinueOnError)
	from := flags.String("from", "", "")
	roles := flags.String("roles", "", "")
	ts.Check(flags.Parse(args))
	var fsys fs.FS = fixtures.Demo()
	if *from != "" {
		fsys = os.DirFS(ts.MkAbs(*from))
	}
	snap, err := snapshot.Open(fsys)
	ts.Check(err)
	o := graphsim.Options{}
	if *roles != "" {
		o.Roles = strings.Split(*roles, ",")
	}
	for _, text := range flags.Args() {
		fault, err := graphsim.ParseFault(text)
		ts.Check(err)
		o.Faults = append(o.Faults, fault)
	}
	server, err := graphsim.New(snap, o)
	ts.Check(err)
	listener, err := server.Listen(context.Background(), "127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { listener.Close() })
	ca := ts.MkAbs("ca.pem")
	ts.Check(os.WriteFile(ca, listener.CAPEM, 0o600))
	ts.Setenv("GRAPH_URL", listener.URL)
	ts.Setenv("CA_FILE", ca)
	ts.Setenv("PASSKEYAUDIT_ACCESS_TOKEN", server.Token())
}

// follows holds what was written, or a file, against a published schema:
//
//	follows SCHEMA [FILE]
func follows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: follows SCHEMA [FILE]")
	}
	file := "stdout"
	if len(args) == 2 {
		file = args[1]
	}
	ts.Check(cli.FollowsSchema(args[0], []byte(ts.ReadFile(file))))
}

// TestScripts runs every command line of testdata/script as a process of its own, and
// has the command follows.
func TestScripts(t *testing.T) {
	cli.SkipUnderRace(t)
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"follows": follows},
	})
}
