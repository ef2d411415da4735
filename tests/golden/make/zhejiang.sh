#!/bin/sh
# One record of Zhejiang, by jq: sh zhejiang.sh
set -eu
jq --null-input --compact-output --join-output '{
  hh: "330000000042", hlx: "20", hzsfhm: "440524188001010014", yhzgx: "02",
  sfhm: "440524188001010014", xm: "陈\u9fb4", xb: "1", csrq: "18800101", mz: "97",
  csd: "440524", jg: "330102", hyzk: "90", zzqh: "330106", zz: "杭州市西湖区示例路 <3> 号 & \t乙",
  xjh: "ZJ-42",
  qtxx: [{mc: "310000/juzhuzhengHaoma", nr: "SH0001"}]
}' > ../zhejiang-rare.json
