package conditionalaccess

import (
	"cmp"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/tri"
)

// level is how far a control is from being met, the better first. Within a policy
// OR takes the best item and AND the worst.
type level uint8

const (
	met     level = iota
	open          // interactive: can still be met in this sign-in
	refused       // block, or a device or app control that the known device or app fails
)

// standing is what is known of a control's level: it is between best and worst.
// They differ where it is not known.
type standing struct {
	best, worst level
	needs       members
}

func at(l level) standing { return standing{best: l, worst: l} }

func (s standing) certain() bool { return s.best == s.worst }

// unknownControl is a control that cannot be judged: as kind as met, as harsh as
// refused.
func unknownControl(needs members) standing { return standing{met, refused, needs} }

// control is one compiled grant control.
type control struct {
	name  string // as decisions write it
	judge func(*SignIn) standing
	// strength is what meets the control, or for passwordChange what has to come
	// first; nil where methods do not matter.
	strength *strength
	kind     ControlKind
}

// grant is the compiled grant controls of a policy.
type grant struct {
	controls []control
	and, or  bool // both where the operator is not known
}

// judge combines the controls. Source: "how a verdict follows", best item under OR
// and worst under AND; POL (2023-07-07). Without controls nothing is imposed.
func (g *grant) judge(s *SignIn) standing {
	if len(g.controls) == 0 {
		return at(met)
	}
	worst, best := at(met), at(refused)
	best.best, best.worst = refused, refused
	var needs members
	for i := range g.controls {
		c := g.controls[i].judge(s)
		if !c.certain() {
			needs |= c.needs
		}
		worst.best, worst.worst = max(worst.best, c.best), max(worst.worst, c.worst)
		best.best, best.worst = min(best.best, c.best), min(best.worst, c.worst)
	}
	var out standing
	switch {
	case g.and && g.or:
		out = standing{best: min(worst.best, best.best), worst: max(worst.worst, best.worst)}
	case g.and:
		out = worst
	default:
		out = best
	}
	if !out.certain() {
		out.needs = needs
	}
	return out
}

func compileGrant(g *entra.ConditionalAccessGrant, strengths *strengths, problem func(where, what string)) grant {
	var out grant
	if g == nil {
		return out
	}
	add := func(name string, judge func(*SignIn) standing, s *strength) {
		out.controls = append(out.controls, control{name, judge, s, controlKind(name)})
	}
	for _, name := range g.BuiltInControls {
		judge, s := builtIn(name, strengths)
		if judge == nil {
			problem("grantControls.builtInControls", "the control \""+name+"\" is not modelled")
			judge = func(*SignIn) standing { return unknownControl(0) }
		}
		add(name, judge, s)
	}
	if st := g.AuthenticationStrength; st != nil && (st.ID != "" || len(st.AllowedCombinations) > 0 || st.DisplayName != "") {
		s := strengths.find(st)
		if text := s.unclear(); text != "" {
			problem("grantControls.authenticationStrength", text)
		}
		add("authenticationStrength:"+cmp.Or(st.ID, st.DisplayName), s.judge, s)
	}
	for _, id := range g.TermsOfUse {
		add("termsOfUse:"+id, func(*SignIn) standing { return at(open) }, nil)
	}
	for _, id := range g.CustomAuthenticationFactors {
		problem("grantControls.customAuthenticationFactors", "the custom control \""+id+"\" is not modelled")
		add("customAuthenticationFactor:"+id, func(*SignIn) standing { return unknownControl(0) }, nil)
	}
	for _, name := range unmodelled(g.Unmodelled) {
		problem("grantControls."+name, "not modelled")
		add(name, func(*SignIn) standing { return unknownControl(0) }, nil)
	}
	switch {
	case strings.EqualFold(g.Operator, "AND"):
		out.and = true
	case strings.EqualFold(g.Operator, "OR"), len(out.controls) < 2:
		out.or = true
	default:
		out.and, out.or = true, true
		problem("grantControls.operator", "the operator \""+g.Operator+"\" is neither AND nor OR")
	}
	return out
}

// builtIn gives the judge of a built-in control, nil for one that is not modelled.
// Source: GRT (concept-conditional-access-grant, 2026-03-24).
func builtIn(name string, strengths *strengths) (func(*SignIn) standing, *strength) {
	switch strings.ToLower(name) {
	case "block":
		return func(*SignIn) standing { return at(refused) }, nil
	case "mfa":
		s := strengths.multifactor()
		return s.judge, s
	case "compliantdevice":
		return func(s *SignIn) standing { return deviceControl(s, "isCompliant", "true") }, nil
	case "domainjoineddevice":
		return func(s *SignIn) standing { return deviceControl(s, "trustType", "serverad") }, nil
	case "approvedapplication":
		// The control was announced to retire in March 2026 (GRT, 2026-03-24). It is
		// judged as long as a policy has it, and every decision says so.
		return func(s *SignIn) standing { return appControl(s.ApprovedApp, MemberApprovedApp) }, nil
	case "compliantapplication":
		return func(s *SignIn) standing { return appControl(s.AppProtection, MemberAppProtection) }, nil
	case "passwordchange":
		return func(*SignIn) standing { return at(open) }, strengths.multifactor()
	default:
		return nil, nil
	}
}

// retire takes the control approvedApplication for retired. No source says what a
// policy that still has it does then.
func (g *grant) retire(problem func(where, what string)) {
	for i := range g.controls {
		if c := &g.controls[i]; strings.EqualFold(c.name, "approvedApplication") {
			problem("grantControls.builtInControls", "the control \"approvedApplication\" is retired by the configuration; what it does is not known")
			c.judge = func(*SignIn) standing { return unknownControl(0) }
		}
	}
}

func deviceControl(s *SignIn, property, want string) standing {
	a := s.Device.Attr(property)
	switch {
	case !a.Known():
		return unknownControl(only(MemberDevice))
	case !a.IsNull() && strings.EqualFold(a.Value, want):
		return at(met)
	default:
		return at(refused)
	}
}

func appControl(v tri.Value, m Member) standing {
	switch v {
	case tri.Yes:
		return at(met)
	case tri.No:
		return at(refused)
	default:
		return unknownControl(only(m))
	}
}
