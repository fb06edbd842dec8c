// What steps 04 and 05 need in Azure, in a resource group of its own:
//
//   az deployment sub create --name otel-workshop --location westeurope
//     --template-file azure/main.bicep --parameters email=you@example.com
//
// On a subscription, because a file that is deployed into a group cannot create that group.
targetScope = 'subscription'

@description('Who gets a mail when the alert fires, and when it is resolved.')
@minLength(6)
@maxLength(254)
param email string

@description('The region that keeps the data. Unless given, the region of the deployment.')
param location string = deployment().location

@description('The name of the resource group, and of all that has no other name of its own.')
@minLength(4)
@maxLength(63)
param name string = 'otel-workshop'

@description('Gigabytes a day after which the workspace takes no more until the next day.')
@minValue(1)
@maxValue(5)
param dailyCapGb int = 1

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: name
  location: location
}

module monitoring 'monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    email: email
    location: location
    name: name
    dailyCapGb: dailyCapGb
  }
}

// The connection string is not among them. An output stays in the deployment's history for all
// who may read that, and a secure output cannot be read at all. Ask the component instead.
@description('The resource group. Delete it, and everything is gone.')
output resourceGroup string = group.name

@description('The Application Insights component, which knows its connection string.')
output component string = monitoring.outputs.component
