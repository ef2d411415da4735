#!/bin/sh
# Records of Zhejiang, by jq's @csv and, with other quotes, by sqlite3's csv mode: sh zhejiang.sh
set -eu
names='["hh","hlx","hzsfhm","yhzgx","sfhm","xm","cym","xb","csrq","mz","csd","jg","hyzk","whcd","zy","fwcs","zzqh","zz","lxdh"'
record() { jq --null-input --raw-output --join-output "($names$1]), $2 | @csv + \"\\r\\n\""; }

record '' '["330000000017","JT","11010519491231002X","HZ","11010519491231002X","王秀英","王小英","02","19491231","HA","110105",
  "310103","C","5","59900","杭州市示例商店","330106","杭州市西湖区示例路1号2室","12000000003"]' > ../zhejiang-plain.csv

rare='["330000000042","JTH","440524188001010014","~HZ","440524188001010014","陈\u9fb4","","01","18800101","97","440524",
  "330102","X","44","","","330106","杭州市 \"示例\" 路, <3> 号\r\n& \t乙 "," 120","ZJ-42","","310000/juzhuzhengHaoma","SH0001",
  "320000/ZZMM","","","\ud842\udfb7"]'
columns=',"xjh","bz","qtxx1mc","qtxx1nr","qtxx2mc","qtxx2nr","qtxx3mc","qtxx3nr"'
record "$columns" "$rare" > ../zhejiang-rare.csv

sqlite3 -csv -header > ../zhejiang-unquoted.csv <<'SQL'
.separator "," "\r\n"
select 'SH0001' as qtxx1nr, '310000/juzhuzhengHaoma' as qtxx1mc, 'a, "b"' as zz, '' as cym, '02' as xb, '陈' as xm, '34052419800101001X' as sfhm;
SQL
