// Command write makes a synthetic tenant:
//
//	go run ./internal/tenantgen/write -shape small -out ./tenant
//	go run ./internal/tenantgen/write -users 250000 -policies 40 -seed 7 -out ./tenant
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"passkeyaudit/internal/tenantgen"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "write:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	f := flag.NewFlagSet("write", flag.ContinueOnError)
	name := f.String("shape", "small", "what to start from: "+strings.Join(tenantgen.Presets(), ", "))
	out := f.String("out", "", "the folder to write, which must be empty or absent")
	var want tenantgen.Shape
	f.Uint64Var(&want.Seed, "seed", 1, "another number gives another tenant")
	f.IntVar(&want.Users, "users", 0, "accounts")
	f.IntVar(&want.Policies, "policies", 0, "Conditional Access policies")
	f.IntVar(&want.Groups, "groups", 0, "groups that something names")
	f.IntVar(&want.SignIns, "sign-ins", 0, "events in the sign-in log")
	f.IntVar(&want.Audits, "audits", 0, "events in the audit log")
	f.BoolVar(&want.EverybodyAsked, "all-methods", false, "list everybody's methods, not only those of passkey and pass holders")
	f.BoolVar(&want.Plain, "plain", false, "readable files instead of compressed segments")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return fmt.Errorf("say where to: -out DIR")
	}
	shape, err := tenantgen.Preset(*name)
	if err != nil {
		return err
	}
	f.Visit(func(given *flag.Flag) {
		switch given.Name {
		case "seed":
			shape.Seed = want.Seed
		case "users":
			shape.Users = want.Users
		case "policies":
			shape.Policies = want.Policies
		case "groups":
			shape.Groups = want.Groups
		case "sign-ins":
			shape.SignIns = want.SignIns
		case "audits":
			shape.Audits = want.Audits
		case "all-methods":
			shape.EverybodyAsked = want.EverybodyAsked
		case "plain":
			shape.Plain = want.Plain
		}
	})
	return tenantgen.Generate(ctx, *out, shape)
}
