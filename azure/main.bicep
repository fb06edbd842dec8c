// What steps 04 and 05 need in Azure, and the rule that watches step 05. Deploy it into a resource
// group: az deployment group create --resource-group NAME --template-file azure/main.bicep

@description('Who gets a mail when the alert fires, and when it is resolved.')
param email string

param location string = resourceGroup().location

resource workspace 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: 'otel-workshop'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: 30
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'otel-workshop'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
  }
}

resource people 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'otel-workshop'
  location: 'global'
  properties: {
    // At most twelve characters: it is in the text message.
    groupShortName: 'otelworkshop'
    enabled: true
    emailReceivers: [
      {
        name: 'me'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

resource slow 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'slow'
  location: 'global'
  properties: {
    description: 'On average, an answer took more than a second.'
    severity: 2
    enabled: true
    scopes: [
      insights.id
    ]
    evaluationFrequency: 'PT1M'
    windowSize: 'PT5M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          criterionType: 'StaticThresholdCriterion'
          name: 'average latency'
          metricNamespace: 'azure.applicationinsights'
          metricName: 'request-latency'
          timeAggregation: 'Average'
          operator: 'GreaterThan'
          // In milliseconds, because the instrument is. The rule itself has no unit.
          threshold: 1000
          // The metric need not have arrived yet. Without this the deployment fails.
          skipMetricValidation: true
        }
      ]
    }
    // Resolved by itself, after three evaluations in a row that do not meet the condition.
    autoMitigate: true
    actions: [
      {
        actionGroupId: people.id
      }
    ]
  }
}

@description('What step 04 wants in APPLICATIONINSIGHTS_CONNECTION_STRING.')
output connectionString string = insights.properties.ConnectionString
