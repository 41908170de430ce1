package investigate

import (
	"fmt"
	"strconv"
	"strings"

	"passkeyaudit/audit/entra"
	"passkeyaudit/audit/entra/catalogue"
	"passkeyaudit/audit/facts/activity"
)

// published is what others have published and this package asks for: meanings of codes,
// models, activities, where passkeys are supported.
type published struct{ *catalogue.Catalogue }

func (k published) errorOf(code int) *catalogue.SignInError    { return k.SignInErrorOf(code) }
func (k published) modelOf(aaguid string) *catalogue.Model     { return k.ModelOf(aaguid) }
func (published) activityOf(name string) *catalogue.Activity   { return catalogue.ActivityOf(name) }
func (k published) look(q catalogue.Question) catalogue.Answer { return k.Matrix().Look(q) }

// classOf classifies a row of the sign-in log.
func (k published) classOf(s *entra.SignIn) (activity.Class, int) {
	class, code, _ := activity.ClassOf(k.Catalogue, s)
	return class, code
}

// classOfCode is how a sign-in with an error code ended.
func (k published) classOfCode(code int) activity.Class {
	class, _ := k.classOf(&entra.SignIn{Status: &entra.SignInStatus{ErrorCode: &code}})
	return class
}

// codeText says what an error code means, with the code.
func (k published) codeText(code int) string {
	if e := k.errorOf(code); e != nil && e.Meaning != "" {
		return fmt.Sprintf("%s (%d)", strings.TrimSuffix(e.Meaning, "."), code)
	}
	return fmt.Sprintf("code %d, which is not in the catalogue", code)
}

// modelsOf finds the models that a provider's name stands for.
func (k published) modelsOf(provider string) []catalogue.Model {
	word := squeeze(provider)
	if word == "" {
		return nil
	}
	var list []catalogue.Model
	for _, m := range k.Models() {
		if m.Kind == catalogue.SecurityKey || strings.EqualFold(m.AAGUID, catalogue.AuthenticatorAndroid) || strings.EqualFold(m.AAGUID, catalogue.AuthenticatorIOS) {
			continue
		}
		if strings.Contains(squeeze(m.Name), word) || strings.Contains(squeeze(m.Vendor), word) {
			list = append(list, m)
		}
	}
	return list
}

func itoa(n int) string { return strconv.Itoa(n) }
