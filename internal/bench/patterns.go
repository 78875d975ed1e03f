package main

import "encoding/json"

// patterns makes n event patterns like those that security teams write: by type, account, Region, control and severity, with every
// operator of the language somewhere among them.
func (s scene) patterns(n int) [][]byte {
	all := make([][]byte, n)
	for i := range all {
		b, err := json.Marshal(s.pattern(i))
		if err != nil {
			panic(err) // it is made of maps and texts
		}
		all[i] = b
	}
	return all
}

type list = []any

func (s scene) pattern(i int) object {
	makers := []func() object{
		s.callPattern, s.hubPattern, s.typePattern, s.callByUser, s.hubByTag, s.v2Pattern, s.configPattern, s.prefixPattern, s.networkPattern, s.rootPattern,
	}
	return makers[i%len(makers)]()
}

func (s scene) accounts() list {
	var all list
	for range 1 + s.IntN(3) {
		all = append(all, s.account())
	}
	return all
}

func (s scene) callPattern() object {
	service := pick(s, services...)
	return object{"source": list{"aws." + service}, "detail-type": list{"AWS API Call via CloudTrail"}, "detail": object{
		"eventSource": list{service + ".amazonaws.com"}, "eventName": list{pick(s, calls...), pick(s, calls...)}, "errorCode": list{object{"exists": false}}, "recipientAccountId": s.accounts(),
	}}
}

func (s scene) callByUser() object {
	return object{"source": list{"aws." + pick(s, services...)}, "detail-type": list{"AWS API Call via CloudTrail"}, "detail": object{
		"eventName":       list{object{"prefix": pick(s, "Delete", "Put", "Update", "Create")}},
		"userIdentity":    object{"accountId": s.accounts(), "arn": list{object{"anything-but": object{"wildcard": list{"arn:aws:sts::*:assumed-role/" + s.words(1) + "-*", "*/ci-*"}}}}},
		"sourceIPAddress": list{object{"anything-but": object{"suffix": ".amazonaws.com"}}},
	}}
}

func (s scene) rootPattern() object {
	return object{"detail-type": list{"AWS API Call via CloudTrail", "AWS Console Sign In via CloudTrail"}, "account": s.accounts(), "detail": object{
		"userIdentity": object{"type": list{object{"equals-ignore-case": "root"}}, "invokedBy": list{object{"exists": false}}},
		"eventType":    list{object{"anything-but": list{"AwsServiceEvent", "AwsVpceEvent"}}}, "awsRegion": list{s.region()},
	}}
}

func (s scene) typePattern() object {
	return object{"source": list{"aws.guardduty"}, "detail-type": list{"GuardDuty Finding"}, "detail": object{
		"type": list{pick(s, types...), pick(s, types...)}, "severity": list{object{"numeric": list{">=", pick(s, 4, 7)}}}, "accountId": s.accounts(),
		"service": object{"archived": list{false}},
	}}
}

func (s scene) prefixPattern() object {
	return object{"source": list{"aws.guardduty"}, "detail-type": list{"GuardDuty Finding"}, "detail": object{
		"type": list{object{"prefix": pick(s, "Backdoor:", "CryptoCurrency:", "UnauthorizedAccess:IAMUser/", "Policy:S3/", "Recon:EC2/")}}, "region": list{s.region()}, "accountId": s.accounts(),
		"severity": list{object{"numeric": list{">", 0, "<=", 8.9}}},
		"$or":      list{object{"resource": object{"resourceType": list{"Instance"}}}, object{"service": object{"resourceRole": list{"ACTOR"}}}},
	}}
}

func (s scene) networkPattern() object {
	return object{"source": list{"aws.guardduty"}, "detail": object{
		"resource": object{"instanceDetails": object{"tags": object{"key": list{"env"}, "value": list{"prod"}}}},
		"service": object{"action": object{"networkConnectionAction": object{"remoteIpDetails": object{"ipAddressV4": list{object{"cidr": s.address() + "/12"}}},
			"remotePortDetails": object{"port": list{22, 3389}}}}}, "accountId": s.accounts(),
	}}
}

func (s scene) hubPattern() object {
	return object{"source": list{"aws.securityhub"}, "detail-type": list{"Security Hub Findings - Imported"}, "detail": object{"findings": object{
		"Compliance": object{"Status": list{"FAILED"}, "SecurityControlId": list{s.control(), s.control()}}, "RecordState": list{"ACTIVE"},
		"Workflow": object{"Status": list{object{"anything-but": list{"SUPPRESSED", "RESOLVED"}}}}, "AwsAccountId": s.accounts(),
	}}}
}

func (s scene) hubByTag() object {
	return object{"source": list{"aws.securityhub"}, "detail-type": list{object{"prefix": "Security Hub Findings"}}, "detail": object{"findings": object{
		"Resources": object{"Type": list{pick(s, "AwsS3Bucket", "AwsIamUser", "AwsEc2SecurityGroup")}, "Tags": object{"env": list{object{"prefix": object{"equals-ignore-case": "PROD"}}}}, "Region": list{s.region()}},
		"Severity":  object{"Label": list{"HIGH", "CRITICAL"}}, "GeneratorId": list{object{"suffix": object{"equals-ignore-case": "/" + s.control()}}}, "Types": list{object{"prefix": "Software and "}},
		"RecordState": list{"ACTIVE"},
	}}}
}

func (s scene) v2Pattern() object {
	return object{"source": list{"aws.securityhub"}, "detail-type": list{"Findings Imported V2"}, "detail": object{"findings": object{
		"status": list{"New"}, "severity": list{"High", "Critical"}, "metadata": object{"product": object{"name": list{pick(s, "GuardDuty", "Inspector")}}},
		"finding_info": object{"types": list{pick(s, types...)}}, "cloud": object{"account": object{"uid": s.accounts()}}, "resources": object{"tags": object{"name": list{"env"}, "value": list{object{"wildcard": "pr*d"}}}},
	}}}
}

func (s scene) configPattern() object {
	return object{"source": list{"aws.config"}, "detail-type": list{"Config Rules Compliance Change"}, "detail": object{
		"messageType": list{"ComplianceChangeNotification"}, "configRuleName": list{s.rule(), s.rule()}, "newEvaluationResult": object{"complianceType": list{"NON_COMPLIANT"}},
		"resourceType": list{object{"prefix": "AWS::"}}, "awsAccountId": s.accounts(),
	}}
}
