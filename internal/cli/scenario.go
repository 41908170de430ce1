package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"passkeyaudit/audit/conditionalaccess"
	"passkeyaudit/audit/entra"
)

// scenarioFlags describe one sign-in.
type scenarioFlags struct {
	User, App, Action, Context        string
	ClientApp, Platform, IP, Country  string
	Device                            []string
	SignInRisk, UserRisk, InsiderRisk string
	Transfer                          string
	Using                             []string
	AAGUID                            string
	ApprovedApp, AppProtection        string
	cmd                               *cobra.Command
}

func (o *scenarioFlags) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.User, "user", "", "who signs in: user principal name or object id")
	f.StringVar(&o.App, "app", "", "to which application: its app `ID`")
	f.StringVar(&o.Action, "action", "", "for which user action: registerSecurityInfo, registerDevice")
	f.StringVar(&o.Context, "context", "", "for which authentication context, such as c1")
	f.StringVar(&o.ClientApp, "client-app", "", "with what: browser, mobileAppsAndDesktopClients, exchangeActiveSync, other")
	f.StringVar(&o.Platform, "platform", "", "on what: android, iOS, windows, macOS, linux, windowsPhone")
	f.StringVar(&o.IP, "ip", "", "from which address")
	f.StringVar(&o.Country, "country", "", "from which country, two letters")
	f.StringArrayVar(&o.Device, "device", nil, "attribute of the device, such as registered=false or isCompliant=true; may be repeated")
	f.StringVar(&o.SignInRisk, "sign-in-risk", "none", "none, low, medium, high")
	f.StringVar(&o.UserRisk, "user-risk", "none", "none, low, medium, high")
	f.StringVar(&o.InsiderRisk, "insider-risk", "none", "none, minor, moderate, elevated")
	f.StringVar(&o.Transfer, "transfer", "none", "none, deviceCodeFlow, authenticationTransfer")
	f.StringSliceVar(&o.Using, "using", nil, "method modes completed, such as password,microsoftAuthenticatorPush")
	f.StringVar(&o.AAGUID, "aaguid", "", "AAGUID of the passkey used")
	f.StringVar(&o.ApprovedApp, "approved-app", "", "whether the app is an approved client app: true, false")
	f.StringVar(&o.AppProtection, "app-protection", "", "whether an app protection policy is applied: true, false")
	complete(cmd, "action", conditionalaccess.ActionRegisterSecurityInfo, conditionalaccess.ActionRegisterDevice)
	complete(cmd, "client-app", "browser", "mobileAppsAndDesktopClients", "exchangeActiveSync", "other")
	complete(cmd, "platform", "android", "iOS", "windows", "macOS", "linux", "windowsPhone")
	complete(cmd, "transfer", "none", "deviceCodeFlow", "authenticationTransfer")
	cmd.MarkFlagsMutuallyExclusive("app", "action", "context")
	o.cmd = cmd
}

// assumed names what was taken as none because no flag said otherwise.
func (o *scenarioFlags) assumed() []string {
	var list []string
	for flag, member := range map[string]string{
		"sign-in-risk": "signInRisk", "user-risk": "userRisk", "insider-risk": "insiderRisk", "transfer": "transferMethod",
	} {
		if !o.cmd.Flags().Changed(flag) {
			list = append(list, member+": none")
		}
	}
	slices.Sort(list)
	return list
}

// scenario writes the flags as a scenario and reads that: the rules are the same.
func (o *scenarioFlags) scenario() (conditionalaccess.Scenario, error) {
	doc := map[string]any{
		"user": o.User, "signInRisk": o.SignInRisk, "userRisk": o.UserRisk, "insiderRisk": o.InsiderRisk, "transferMethod": o.Transfer,
	}
	target := map[string]string{}
	for name, value := range map[string]string{"app": o.App, "userAction": o.Action, "authenticationContext": o.Context} {
		if value != "" {
			target[name] = value
		}
	}
	if len(target) == 0 {
		return conditionalaccess.Scenario{}, fmt.Errorf("say what the sign-in is for: --app, --action or --context")
	}
	doc["target"] = target
	for name, value := range map[string]string{
		"clientAppType": o.ClientApp, "platform": o.Platform, "ipAddress": o.IP, "country": o.Country, "aaguid": o.AAGUID,
	} {
		if value != "" {
			doc[name] = value
		}
	}
	for name, value := range map[string]string{"approvedApp": o.ApprovedApp, "appProtection": o.AppProtection} {
		switch value {
		case "":
		case "true", "false":
			doc[name] = value == "true"
		default:
			return conditionalaccess.Scenario{}, fmt.Errorf("%s %q is neither true nor false", name, value)
		}
	}
	if o.cmd.Flags().Changed("using") {
		doc["using"] = append([]string{}, o.Using...)
	}
	if len(o.Device) > 0 {
		device := map[string]any{}
		for _, text := range o.Device {
			name, value, ok := strings.Cut(text, "=")
			if !ok {
				return conditionalaccess.Scenario{}, fmt.Errorf("--device %q is not NAME=VALUE", text)
			}
			device[name] = deviceValue(value)
		}
		doc["device"] = device
	}
	raw, err := entra.Encode(doc)
	if err != nil {
		return conditionalaccess.Scenario{}, err
	}
	return conditionalaccess.ParseScenario(raw)
}

func deviceValue(text string) any {
	switch strings.ToLower(text) {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	default:
		return text
	}
}
