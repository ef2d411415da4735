// Two records of Shanghai, by Node.js: node shanghai.mjs
import { writeFileSync } from "node:fs";

const plain = {
  gongminShenfenHaoma: "11010519491231002X",
  xingming: "王秀英",
  cengyongming: "王小英",
  xingbie: "女",
  chushengRiqi: "1949-12-31",
  minzu: "01",
  chushengdi: "110105",
  jiguan: "310103",
  hunyinZhuangkuang: "30",
  wenhuaChengdu: "60",
  zhiye: "59900",
  fuwuChusuo: "上海市黄浦区南京东路“示例”商店",
  yuHuzhuGuanxi: "02",
  huhao: "310000000017",
  huzhuShenfenHaoma: "11010519491231002X",
  zhuzhiQuhua: "310101",
  zhuzhi: "上海市黄浦区示例路1号2室",
  lianxiDianhua: "12000000001",
  huleixing: "家庭户",
};

const rare = {
  gongminShenfenHaoma: "34052419800101001X",
  xingming: "\u{20BB7}䶮·阿卜杜拉",
  xingbie: "男",
  chushengRiqi: "1980-01-01",
  minzu: "05",
  hunyinZhuangkuang: "21",
  zhuzhi: "浦东新区\\\"示例\"路\n9号\u0001 \u2028/😀",
  huleixing: "船民户",
  juzhuzhengHaoma: "SH0001",
  beizhu: "",
  qitaXinxi: [
    { mingcheng: "320000/ZZMM", neirong: "13" },
    { mingcheng: "320000/ZZMM", neirong: "" },
    { mingcheng: "", neirong: "无名" },
  ],
};

writeFileSync("../shanghai-plain.json", JSON.stringify(plain));
writeFileSync("../shanghai-rare.json", JSON.stringify(rare));
